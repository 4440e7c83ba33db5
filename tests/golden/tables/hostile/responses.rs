//! The responses of `hostile_covet` as JSON.

use ::covet_runtime::python::json::*;

/// How the response of each endpoint is written, by id, where that is known.
pub static RESPONSES: &[Option<Write>] = &[
    Some(models::write_Hostile as Write),
    Some(models::write_HostileOptional as Write),
    Some(models::write_Writer as Write),
    Some(models::write_Value as Write),
    Some(models::write_Keys as Write),
    Some(models::write_Some as Write),
    Some(models::write_a1 as Write),
    Some(models::write__x as Write),
    Some(models::write_Written as Write),
    Some(models::write_response as Write),
    Some(response0 as Write),
];

/// The serializers that are offered by name.
pub static MODELS: &[Model] = &[
    Model {
        name: c"serialize_Hostile",
        doc: c"serialize_Hostile(obj, /)\n--\n\nA `app:Hostile` as JSON text in UTF-8.",
        write: models::write_Hostile,
    },
    Model {
        name: c"serialize_HostileOptional",
        doc: c"serialize_HostileOptional(obj, /)\n--\n\nA `app:HostileOptional` as JSON text in UTF-8.",
        write: models::write_HostileOptional,
    },
    Model {
        name: c"serialize_Keys",
        doc: c"serialize_Keys(obj, /)\n--\n\nA `app:Keys` as JSON text in UTF-8.",
        write: models::write_Keys,
    },
    Model {
        name: c"serialize_Some",
        doc: c"serialize_Some(obj, /)\n--\n\nA `app:Some` as JSON text in UTF-8.",
        write: models::write_Some,
    },
    Model {
        name: c"serialize_Value",
        doc: c"serialize_Value(obj, /)\n--\n\nA `app:Value` as JSON text in UTF-8.",
        write: models::write_Value,
    },
    Model {
        name: c"serialize_Writer",
        doc: c"serialize_Writer(obj, /)\n--\n\nA `app:Writer` as JSON text in UTF-8.",
        write: models::write_Writer,
    },
    Model {
        name: c"serialize_Written",
        doc: c"serialize_Written(obj, /)\n--\n\nA `app:Written` as JSON text in UTF-8.",
        write: models::write_Written,
    },
    Model {
        name: c"serialize__x",
        doc: c"serialize__x(obj, /)\n--\n\nA `app:_x` as JSON text in UTF-8.",
        write: models::write__x,
    },
    Model {
        name: c"serialize_a1",
        doc: c"serialize_a1(obj, /)\n--\n\nA `app:a1` as JSON text in UTF-8.",
        write: models::write_a1,
    },
    Model {
        name: c"serialize_response",
        doc: c"serialize_response(obj, /)\n--\n\nA `app:response` as JSON text in UTF-8.",
        write: models::write_response,
    },
];

/// A function for each model.
#[allow(non_snake_case, reason = "models have the names of their classes")]
mod models {
    use super::*;
    /// `app:Hostile`.
    pub fn write_Hostile(writer: &mut Writer<'_>, value: Value<'_>) -> Written {
        static ALL: Place = Place::new("Hostile", "");
        static PLACES: [Place; 47] = [
            Place::new("Hostile", "a \"quoted\" name"),
            Place::new("Hostile", "\""),
            Place::new("Hostile", "'"),
            Place::new("Hostile", "\\"),
            Place::new("Hostile", "\\\\"),
            Place::new("Hostile", "back\\slash\\"),
            Place::new("Hostile", "\n"),
            Place::new("Hostile", "line\nbreak\r\n"),
            Place::new("Hostile", "\0"),
            Place::new("Hostile", "nul\0"),
            Place::new("Hostile", "\u{1f}"),
            Place::new("Hostile", "\u{7f}"),
            Place::new("Hostile", "\u{85}"),
            Place::new("Hostile", "é"),
            Place::new("Hostile", "Ж"),
            Place::new("Hostile", "🦀"),
            Place::new("Hostile", "\u{2028}"),
            Place::new("Hostile", "\u{202e}"),
            Place::new("Hostile", ""),
            Place::new("Hostile", "  "),
            Place::new("Hostile", "class"),
            Place::new("Hostile", "self"),
            Place::new("Hostile", "type"),
            Place::new("Hostile", "fn"),
            Place::new("Hostile", "value"),
            Place::new("Hostile", "writer"),
            Place::new("Hostile", "item"),
            Place::new("Hostile", "field0"),
            Place::new("Hostile", "KEYS"),
            Place::new("Hostile", "PLACES"),
            Place::new("Hostile", "ALL"),
            Place::new("Hostile", "{"),
            Place::new("Hostile", "}"),
            Place::new("Hostile", "{}"),
            Place::new("Hostile", "#"),
            Place::new("Hostile", "\"#"),
            Place::new("Hostile", "r#\""),
            Place::new("Hostile", "*/"),
            Place::new("Hostile", "/*"),
            Place::new("Hostile", "//"),
            Place::new("Hostile", "\"); fn f() {} (\""),
            Place::new("Hostile", "\\u0041"),
            Place::new("Hostile", "\\x41"),
            Place::new("Hostile", "\\0"),
            Place::new("Hostile", "None"),
            Place::new("Hostile", "1"),
            Place::new(
                "Hostile",
                "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            ),
        ];
        static KEYS: Keys<47> = Keys::new([
            "a \"quoted\" name",
            "\"",
            "'",
            "\\",
            "\\\\",
            "back\\slash\\",
            "\n",
            "line\nbreak\r\n",
            "\0",
            "nul\0",
            "\u{1f}",
            "\u{7f}",
            "\u{85}",
            "é",
            "Ж",
            "🦀",
            "\u{2028}",
            "\u{202e}",
            "",
            "  ",
            "class",
            "self",
            "type",
            "fn",
            "value",
            "writer",
            "item",
            "field0",
            "KEYS",
            "PLACES",
            "ALL",
            "{",
            "}",
            "{}",
            "#",
            "\"#",
            "r#\"",
            "*/",
            "/*",
            "//",
            "\"); fn f() {} (\"",
            "\\u0041",
            "\\x41",
            "\\0",
            "None",
            "1",
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        ]);
        let Some(
            [field0,
            field1,
            field2,
            field3,
            field4,
            field5,
            field6,
            field7,
            field8,
            field9,
            field10,
            field11,
            field12,
            field13,
            field14,
            field15,
            field16,
            field17,
            field18,
            field19,
            field20,
            field21,
            field22,
            field23,
            field24,
            field25,
            field26,
            field27,
            field28,
            field29,
            field30,
            field31,
            field32,
            field33,
            field34,
            field35,
            field36,
            field37,
            field38,
            field39,
            field40,
            field41,
            field42,
            field43,
            field44,
            field45,
            field46,
            ],
        ) = KEYS.all(value) else {
            return writer.unlike(value, &ALL);
        };
        writer.open()?;
        writer.string(b"{\"a \\\"quoted\\\" name\":", field0, &PLACES[0])?;
        writer.string(b",\"\\\"\":", field1, &PLACES[1])?;
        writer.string(b",\"'\":", field2, &PLACES[2])?;
        writer.string(b",\"\\\\\":", field3, &PLACES[3])?;
        writer.string(b",\"\\\\\\\\\":", field4, &PLACES[4])?;
        writer.string(b",\"back\\\\slash\\\\\":", field5, &PLACES[5])?;
        writer.string(b",\"\\n\":", field6, &PLACES[6])?;
        writer.string(b",\"line\\nbreak\\r\\n\":", field7, &PLACES[7])?;
        writer.string(b",\"\\u0000\":", field8, &PLACES[8])?;
        writer.string(b",\"nul\\u0000\":", field9, &PLACES[9])?;
        writer.string(b",\"\\u001f\":", field10, &PLACES[10])?;
        writer.string(b",\"\x7F\":", field11, &PLACES[11])?;
        writer.string(b",\"\xC2\x85\":", field12, &PLACES[12])?;
        writer.string(b",\"\xC3\xA9\":", field13, &PLACES[13])?;
        writer.string(b",\"\xD0\x96\":", field14, &PLACES[14])?;
        writer.string(b",\"\xF0\x9F\xA6\x80\":", field15, &PLACES[15])?;
        writer.string(b",\"\xE2\x80\xA8\":", field16, &PLACES[16])?;
        writer.string(b",\"\xE2\x80\xAE\":", field17, &PLACES[17])?;
        writer.string(b",\"\":", field18, &PLACES[18])?;
        writer.string(b",\"  \":", field19, &PLACES[19])?;
        writer.string(b",\"class\":", field20, &PLACES[20])?;
        writer.string(b",\"self\":", field21, &PLACES[21])?;
        writer.string(b",\"type\":", field22, &PLACES[22])?;
        writer.string(b",\"fn\":", field23, &PLACES[23])?;
        writer.string(b",\"value\":", field24, &PLACES[24])?;
        writer.string(b",\"writer\":", field25, &PLACES[25])?;
        writer.string(b",\"item\":", field26, &PLACES[26])?;
        writer.string(b",\"field0\":", field27, &PLACES[27])?;
        writer.string(b",\"KEYS\":", field28, &PLACES[28])?;
        writer.string(b",\"PLACES\":", field29, &PLACES[29])?;
        writer.string(b",\"ALL\":", field30, &PLACES[30])?;
        writer.string(b",\"{\":", field31, &PLACES[31])?;
        writer.string(b",\"}\":", field32, &PLACES[32])?;
        writer.string(b",\"{}\":", field33, &PLACES[33])?;
        writer.string(b",\"#\":", field34, &PLACES[34])?;
        writer.string(b",\"\\\"#\":", field35, &PLACES[35])?;
        writer.string(b",\"r#\\\"\":", field36, &PLACES[36])?;
        writer.string(b",\"*/\":", field37, &PLACES[37])?;
        writer.string(b",\"/*\":", field38, &PLACES[38])?;
        writer.string(b",\"//\":", field39, &PLACES[39])?;
        writer.string(b",\"\\\"); fn f() {} (\\\"\":", field40, &PLACES[40])?;
        writer.string(b",\"\\\\u0041\":", field41, &PLACES[41])?;
        writer.string(b",\"\\\\x41\":", field42, &PLACES[42])?;
        writer.string(b",\"\\\\0\":", field43, &PLACES[43])?;
        writer.string(b",\"None\":", field44, &PLACES[44])?;
        writer.string(b",\"1\":", field45, &PLACES[45])?;
        writer
            .string(
                b",\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\":",
                field46,
                &PLACES[46],
            )?;
        writer.close();
        Ok(())
    }
    /// `app:HostileOptional`.
    pub fn write_HostileOptional(writer: &mut Writer<'_>, value: Value<'_>) -> Written {
        static ALL: Place = Place::new("HostileOptional", "");
        static PLACES: [Place; 47] = [
            Place::new("HostileOptional", "a \"quoted\" name"),
            Place::new("HostileOptional", "\""),
            Place::new("HostileOptional", "'"),
            Place::new("HostileOptional", "\\"),
            Place::new("HostileOptional", "\\\\"),
            Place::new("HostileOptional", "back\\slash\\"),
            Place::new("HostileOptional", "\n"),
            Place::new("HostileOptional", "line\nbreak\r\n"),
            Place::new("HostileOptional", "\0"),
            Place::new("HostileOptional", "nul\0"),
            Place::new("HostileOptional", "\u{1f}"),
            Place::new("HostileOptional", "\u{7f}"),
            Place::new("HostileOptional", "\u{85}"),
            Place::new("HostileOptional", "é"),
            Place::new("HostileOptional", "Ж"),
            Place::new("HostileOptional", "🦀"),
            Place::new("HostileOptional", "\u{2028}"),
            Place::new("HostileOptional", "\u{202e}"),
            Place::new("HostileOptional", ""),
            Place::new("HostileOptional", "  "),
            Place::new("HostileOptional", "class"),
            Place::new("HostileOptional", "self"),
            Place::new("HostileOptional", "type"),
            Place::new("HostileOptional", "fn"),
            Place::new("HostileOptional", "value"),
            Place::new("HostileOptional", "writer"),
            Place::new("HostileOptional", "item"),
            Place::new("HostileOptional", "field0"),
            Place::new("HostileOptional", "KEYS"),
            Place::new("HostileOptional", "PLACES"),
            Place::new("HostileOptional", "ALL"),
            Place::new("HostileOptional", "{"),
            Place::new("HostileOptional", "}"),
            Place::new("HostileOptional", "{}"),
            Place::new("HostileOptional", "#"),
            Place::new("HostileOptional", "\"#"),
            Place::new("HostileOptional", "r#\""),
            Place::new("HostileOptional", "*/"),
            Place::new("HostileOptional", "/*"),
            Place::new("HostileOptional", "//"),
            Place::new("HostileOptional", "\"); fn f() {} (\""),
            Place::new("HostileOptional", "\\u0041"),
            Place::new("HostileOptional", "\\x41"),
            Place::new("HostileOptional", "\\0"),
            Place::new("HostileOptional", "None"),
            Place::new("HostileOptional", "1"),
            Place::new(
                "HostileOptional",
                "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            ),
        ];
        static KEYS: Keys<47> = Keys::new([
            "a \"quoted\" name",
            "\"",
            "'",
            "\\",
            "\\\\",
            "back\\slash\\",
            "\n",
            "line\nbreak\r\n",
            "\0",
            "nul\0",
            "\u{1f}",
            "\u{7f}",
            "\u{85}",
            "é",
            "Ж",
            "🦀",
            "\u{2028}",
            "\u{202e}",
            "",
            "  ",
            "class",
            "self",
            "type",
            "fn",
            "value",
            "writer",
            "item",
            "field0",
            "KEYS",
            "PLACES",
            "ALL",
            "{",
            "}",
            "{}",
            "#",
            "\"#",
            "r#\"",
            "*/",
            "/*",
            "//",
            "\"); fn f() {} (\"",
            "\\u0041",
            "\\x41",
            "\\0",
            "None",
            "1",
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        ]);
        let Some(
            [field0,
            field1,
            field2,
            field3,
            field4,
            field5,
            field6,
            field7,
            field8,
            field9,
            field10,
            field11,
            field12,
            field13,
            field14,
            field15,
            field16,
            field17,
            field18,
            field19,
            field20,
            field21,
            field22,
            field23,
            field24,
            field25,
            field26,
            field27,
            field28,
            field29,
            field30,
            field31,
            field32,
            field33,
            field34,
            field35,
            field36,
            field37,
            field38,
            field39,
            field40,
            field41,
            field42,
            field43,
            field44,
            field45,
            field46,
            ],
        ) = KEYS.some(value) else {
            return writer.unlike(value, &ALL);
        };
        let start = writer.open_unsure()?;
        if let Some(field0) = field0 {
            writer.integer(b",\"a \\\"quoted\\\" name\":", field0, &PLACES[0])?;
        }
        if let Some(field1) = field1 {
            writer.integer(b",\"\\\"\":", field1, &PLACES[1])?;
        }
        if let Some(field2) = field2 {
            writer.integer(b",\"'\":", field2, &PLACES[2])?;
        }
        if let Some(field3) = field3 {
            writer.integer(b",\"\\\\\":", field3, &PLACES[3])?;
        }
        if let Some(field4) = field4 {
            writer.integer(b",\"\\\\\\\\\":", field4, &PLACES[4])?;
        }
        if let Some(field5) = field5 {
            writer.integer(b",\"back\\\\slash\\\\\":", field5, &PLACES[5])?;
        }
        if let Some(field6) = field6 {
            writer.integer(b",\"\\n\":", field6, &PLACES[6])?;
        }
        if let Some(field7) = field7 {
            writer.integer(b",\"line\\nbreak\\r\\n\":", field7, &PLACES[7])?;
        }
        if let Some(field8) = field8 {
            writer.integer(b",\"\\u0000\":", field8, &PLACES[8])?;
        }
        if let Some(field9) = field9 {
            writer.integer(b",\"nul\\u0000\":", field9, &PLACES[9])?;
        }
        if let Some(field10) = field10 {
            writer.integer(b",\"\\u001f\":", field10, &PLACES[10])?;
        }
        if let Some(field11) = field11 {
            writer.integer(b",\"\x7F\":", field11, &PLACES[11])?;
        }
        if let Some(field12) = field12 {
            writer.integer(b",\"\xC2\x85\":", field12, &PLACES[12])?;
        }
        if let Some(field13) = field13 {
            writer.integer(b",\"\xC3\xA9\":", field13, &PLACES[13])?;
        }
        if let Some(field14) = field14 {
            writer.integer(b",\"\xD0\x96\":", field14, &PLACES[14])?;
        }
        if let Some(field15) = field15 {
            writer.integer(b",\"\xF0\x9F\xA6\x80\":", field15, &PLACES[15])?;
        }
        if let Some(field16) = field16 {
            writer.integer(b",\"\xE2\x80\xA8\":", field16, &PLACES[16])?;
        }
        if let Some(field17) = field17 {
            writer.integer(b",\"\xE2\x80\xAE\":", field17, &PLACES[17])?;
        }
        if let Some(field18) = field18 {
            writer.integer(b",\"\":", field18, &PLACES[18])?;
        }
        if let Some(field19) = field19 {
            writer.integer(b",\"  \":", field19, &PLACES[19])?;
        }
        if let Some(field20) = field20 {
            writer.integer(b",\"class\":", field20, &PLACES[20])?;
        }
        if let Some(field21) = field21 {
            writer.integer(b",\"self\":", field21, &PLACES[21])?;
        }
        if let Some(field22) = field22 {
            writer.integer(b",\"type\":", field22, &PLACES[22])?;
        }
        if let Some(field23) = field23 {
            writer.integer(b",\"fn\":", field23, &PLACES[23])?;
        }
        if let Some(field24) = field24 {
            writer.integer(b",\"value\":", field24, &PLACES[24])?;
        }
        if let Some(field25) = field25 {
            writer.integer(b",\"writer\":", field25, &PLACES[25])?;
        }
        if let Some(field26) = field26 {
            writer.integer(b",\"item\":", field26, &PLACES[26])?;
        }
        if let Some(field27) = field27 {
            writer.integer(b",\"field0\":", field27, &PLACES[27])?;
        }
        if let Some(field28) = field28 {
            writer.integer(b",\"KEYS\":", field28, &PLACES[28])?;
        }
        if let Some(field29) = field29 {
            writer.integer(b",\"PLACES\":", field29, &PLACES[29])?;
        }
        if let Some(field30) = field30 {
            writer.integer(b",\"ALL\":", field30, &PLACES[30])?;
        }
        if let Some(field31) = field31 {
            writer.integer(b",\"{\":", field31, &PLACES[31])?;
        }
        if let Some(field32) = field32 {
            writer.integer(b",\"}\":", field32, &PLACES[32])?;
        }
        if let Some(field33) = field33 {
            writer.integer(b",\"{}\":", field33, &PLACES[33])?;
        }
        if let Some(field34) = field34 {
            writer.integer(b",\"#\":", field34, &PLACES[34])?;
        }
        if let Some(field35) = field35 {
            writer.integer(b",\"\\\"#\":", field35, &PLACES[35])?;
        }
        if let Some(field36) = field36 {
            writer.integer(b",\"r#\\\"\":", field36, &PLACES[36])?;
        }
        if let Some(field37) = field37 {
            writer.integer(b",\"*/\":", field37, &PLACES[37])?;
        }
        if let Some(field38) = field38 {
            writer.integer(b",\"/*\":", field38, &PLACES[38])?;
        }
        if let Some(field39) = field39 {
            writer.integer(b",\"//\":", field39, &PLACES[39])?;
        }
        if let Some(field40) = field40 {
            writer.integer(b",\"\\\"); fn f() {} (\\\"\":", field40, &PLACES[40])?;
        }
        if let Some(field41) = field41 {
            writer.integer(b",\"\\\\u0041\":", field41, &PLACES[41])?;
        }
        if let Some(field42) = field42 {
            writer.integer(b",\"\\\\x41\":", field42, &PLACES[42])?;
        }
        if let Some(field43) = field43 {
            writer.integer(b",\"\\\\0\":", field43, &PLACES[43])?;
        }
        if let Some(field44) = field44 {
            writer.integer(b",\"None\":", field44, &PLACES[44])?;
        }
        if let Some(field45) = field45 {
            writer.integer(b",\"1\":", field45, &PLACES[45])?;
        }
        if let Some(field46) = field46 {
            writer
                .integer(
                    b",\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\":",
                    field46,
                    &PLACES[46],
                )?;
        }
        writer.close_unsure(start);
        Ok(())
    }
    /// `app:Keys`.
    pub fn write_Keys(writer: &mut Writer<'_>, value: Value<'_>) -> Written {
        static ALL: Place = Place::new("Keys", "");
        static PLACES: [Place; 1] = [Place::new("Keys", "models")];
        static KEYS: Keys<1> = Keys::new(["models"]);
        let Some([field0]) = KEYS.all(value) else {
            return writer.unlike(value, &ALL);
        };
        writer.open()?;
        writer
            .mapping(
                b"{\"models\":",
                field0,
                &PLACES[0],
                |writer, item| {
                    writer.put(b":");
                    models::write_Keys(writer, item)
                },
            )?;
        writer.close();
        Ok(())
    }
    /// `app:Some`.
    pub fn write_Some(writer: &mut Writer<'_>, value: Value<'_>) -> Written {
        static ALL: Place = Place::new("Some", "");
        static PLACES: [Place; 1] = [Place::new("Some", "super")];
        static KEYS: Keys<1> = Keys::new(["super"]);
        let Some([field0]) = KEYS.all(value) else {
            return writer.unlike(value, &ALL);
        };
        writer.open()?;
        writer.integer(b"{\"super\":", field0, &PLACES[0])?;
        writer.close();
        Ok(())
    }
    /// `app:Value`.
    pub fn write_Value(writer: &mut Writer<'_>, value: Value<'_>) -> Written {
        static ALL: Place = Place::new("Value", "");
        if let Some([field0]) = value.parts() {
            writer.open()?;
            if field0.is_none() {
                writer.put(b"[null");
                Ok(())
            } else {
                {
                    writer.put(b"[");
                    models::write_Writer(writer, field0)
                }
            }?;
            writer.close_array();
            Ok(())
        } else {
            writer.unlike(value, &ALL)
        }
    }
    /// `app:Writer`.
    pub fn write_Writer(writer: &mut Writer<'_>, value: Value<'_>) -> Written {
        static ALL: Place = Place::new("Writer", "");
        static PLACES: [Place; 3] = [
            Place::new("Writer", "Value"),
            Place::new("Writer", "Place"),
            Place::new("Writer", "Option"),
        ];
        static KEYS: Keys<3> = Keys::new(["Value", "Place", "Option"]);
        let Some([Some(field0), Some(field1), field2]) = KEYS.some(value) else {
            return writer.unlike(value, &ALL);
        };
        writer.open()?;
        if field0.is_none() {
            writer.put(b"{\"Value\":null");
            Ok(())
        } else {
            {
                writer.put(b"{\"Value\":");
                models::write_Value(writer, field0)
            }
        }?;
        writer
            .items(
                b",\"Place\":",
                field1,
                &PLACES[1],
                |writer, item| {
                    writer.put(b",");
                    models::write_Keys(writer, item)
                },
            )?;
        if let Some(field2) = field2 {
            {
                writer.put(b",\"Option\":");
                models::write_Some(writer, field2)
            }?;
        }
        writer.close();
        Ok(())
    }
    /// `app:Written`.
    pub fn write_Written(writer: &mut Writer<'_>, value: Value<'_>) -> Written {
        static ALL: Place = Place::new("Written", "");
        static PLACES: [Place; 1] = [Place::new("Written", "Ok")];
        static KEYS: Keys<1> = Keys::new(["Ok"]);
        let Some([field0]) = KEYS.all(value) else {
            return writer.unlike(value, &ALL);
        };
        writer.open()?;
        writer.boolean(b"{\"Ok\":", field0, &PLACES[0])?;
        writer.close();
        Ok(())
    }
    /// `app:_x`.
    pub fn write__x(writer: &mut Writer<'_>, value: Value<'_>) -> Written {
        static ALL: Place = Place::new("_x", "");
        static PLACES: [Place; 1] = [Place::new("_x", "a")];
        static KEYS: Keys<1> = Keys::new(["a"]);
        let Some([field0]) = KEYS.all(value) else {
            return writer.unlike(value, &ALL);
        };
        writer.open()?;
        writer.integer(b"{\"a\":", field0, &PLACES[0])?;
        writer.close();
        Ok(())
    }
    /// `app:a1`.
    pub fn write_a1(writer: &mut Writer<'_>, value: Value<'_>) -> Written {
        static ALL: Place = Place::new("a1", "");
        static PLACES: [Place; 1] = [Place::new("a1", "r#type")];
        static KEYS: Keys<1> = Keys::new(["r#type"]);
        let Some([field0]) = KEYS.all(value) else {
            return writer.unlike(value, &ALL);
        };
        writer.open()?;
        writer.integer(b"{\"r#type\":", field0, &PLACES[0])?;
        writer.close();
        Ok(())
    }
    /// `app:response`.
    pub fn write_response(writer: &mut Writer<'_>, value: Value<'_>) -> Written {
        static ALL: Place = Place::new("response", "");
        static PLACES: [Place; 1] = [Place::new("response", "response")];
        static KEYS: Keys<1> = Keys::new(["response"]);
        let Some([field0]) = KEYS.all(value) else {
            return writer.unlike(value, &ALL);
        };
        writer.open()?;
        writer.boolean(b"{\"response\":", field0, &PLACES[0])?;
        writer.close();
        Ok(())
    }
}

fn response0(writer: &mut Writer<'_>, value: Value<'_>) -> Written {
    static PLACE: Place = Place::new("response", "");
    writer
        .items(
            b"",
            value,
            &PLACE,
            |writer, item| {
                writer.put(b",");
                models::write_response(writer, item)
            },
        )
}
