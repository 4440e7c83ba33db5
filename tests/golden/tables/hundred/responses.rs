//! The responses of `hundred_covet` as JSON.

use ::covet_runtime::python::json::*;

/// How the response of each endpoint is written, by id, where that is known.
pub static RESPONSES: &[Option<Write>] = &[Some(models::write_Hundred as Write)];

/// The serializers that are offered by name.
pub static MODELS: &[Model] = &[
    Model {
        name: c"serialize_Hundred",
        doc: c"serialize_Hundred(obj, /)\n--\n\nA `app:Hundred` as JSON text in UTF-8.",
        write: models::write_Hundred,
    },
];

/// A function for each model.
#[allow(non_snake_case, reason = "models have the names of their classes")]
mod models {
    use super::*;
    /// `app:Hundred`.
    pub fn write_Hundred(writer: &mut Writer<'_>, value: Value<'_>) -> Written {
        static ALL: Place = Place::new("Hundred", "");
        static PLACES: [Place; 100] = [
            Place::new("Hundred", "field_0"),
            Place::new("Hundred", "field_1"),
            Place::new("Hundred", "field_2"),
            Place::new("Hundred", "field_3"),
            Place::new("Hundred", "field_4"),
            Place::new("Hundred", "field_5"),
            Place::new("Hundred", "field_6"),
            Place::new("Hundred", "field_7"),
            Place::new("Hundred", "field_8"),
            Place::new("Hundred", "field_9"),
            Place::new("Hundred", "field_10"),
            Place::new("Hundred", "field_11"),
            Place::new("Hundred", "field_12"),
            Place::new("Hundred", "field_13"),
            Place::new("Hundred", "field_14"),
            Place::new("Hundred", "field_15"),
            Place::new("Hundred", "field_16"),
            Place::new("Hundred", "field_17"),
            Place::new("Hundred", "field_18"),
            Place::new("Hundred", "field_19"),
            Place::new("Hundred", "field_20"),
            Place::new("Hundred", "field_21"),
            Place::new("Hundred", "field_22"),
            Place::new("Hundred", "field_23"),
            Place::new("Hundred", "field_24"),
            Place::new("Hundred", "field_25"),
            Place::new("Hundred", "field_26"),
            Place::new("Hundred", "field_27"),
            Place::new("Hundred", "field_28"),
            Place::new("Hundred", "field_29"),
            Place::new("Hundred", "field_30"),
            Place::new("Hundred", "field_31"),
            Place::new("Hundred", "field_32"),
            Place::new("Hundred", "field_33"),
            Place::new("Hundred", "field_34"),
            Place::new("Hundred", "field_35"),
            Place::new("Hundred", "field_36"),
            Place::new("Hundred", "field_37"),
            Place::new("Hundred", "field_38"),
            Place::new("Hundred", "field_39"),
            Place::new("Hundred", "field_40"),
            Place::new("Hundred", "field_41"),
            Place::new("Hundred", "field_42"),
            Place::new("Hundred", "field_43"),
            Place::new("Hundred", "field_44"),
            Place::new("Hundred", "field_45"),
            Place::new("Hundred", "field_46"),
            Place::new("Hundred", "field_47"),
            Place::new("Hundred", "field_48"),
            Place::new("Hundred", "field_49"),
            Place::new("Hundred", "field_50"),
            Place::new("Hundred", "field_51"),
            Place::new("Hundred", "field_52"),
            Place::new("Hundred", "field_53"),
            Place::new("Hundred", "field_54"),
            Place::new("Hundred", "field_55"),
            Place::new("Hundred", "field_56"),
            Place::new("Hundred", "field_57"),
            Place::new("Hundred", "field_58"),
            Place::new("Hundred", "field_59"),
            Place::new("Hundred", "field_60"),
            Place::new("Hundred", "field_61"),
            Place::new("Hundred", "field_62"),
            Place::new("Hundred", "field_63"),
            Place::new("Hundred", "field_64"),
            Place::new("Hundred", "field_65"),
            Place::new("Hundred", "field_66"),
            Place::new("Hundred", "field_67"),
            Place::new("Hundred", "field_68"),
            Place::new("Hundred", "field_69"),
            Place::new("Hundred", "field_70"),
            Place::new("Hundred", "field_71"),
            Place::new("Hundred", "field_72"),
            Place::new("Hundred", "field_73"),
            Place::new("Hundred", "field_74"),
            Place::new("Hundred", "field_75"),
            Place::new("Hundred", "field_76"),
            Place::new("Hundred", "field_77"),
            Place::new("Hundred", "field_78"),
            Place::new("Hundred", "field_79"),
            Place::new("Hundred", "field_80"),
            Place::new("Hundred", "field_81"),
            Place::new("Hundred", "field_82"),
            Place::new("Hundred", "field_83"),
            Place::new("Hundred", "field_84"),
            Place::new("Hundred", "field_85"),
            Place::new("Hundred", "field_86"),
            Place::new("Hundred", "field_87"),
            Place::new("Hundred", "field_88"),
            Place::new("Hundred", "field_89"),
            Place::new("Hundred", "field_90"),
            Place::new("Hundred", "field_91"),
            Place::new("Hundred", "field_92"),
            Place::new("Hundred", "field_93"),
            Place::new("Hundred", "field_94"),
            Place::new("Hundred", "field_95"),
            Place::new("Hundred", "field_96"),
            Place::new("Hundred", "field_97"),
            Place::new("Hundred", "field_98"),
            Place::new("Hundred", "field_99"),
        ];
        static KEYS: Keys<100> = Keys::new([
            "field_0",
            "field_1",
            "field_2",
            "field_3",
            "field_4",
            "field_5",
            "field_6",
            "field_7",
            "field_8",
            "field_9",
            "field_10",
            "field_11",
            "field_12",
            "field_13",
            "field_14",
            "field_15",
            "field_16",
            "field_17",
            "field_18",
            "field_19",
            "field_20",
            "field_21",
            "field_22",
            "field_23",
            "field_24",
            "field_25",
            "field_26",
            "field_27",
            "field_28",
            "field_29",
            "field_30",
            "field_31",
            "field_32",
            "field_33",
            "field_34",
            "field_35",
            "field_36",
            "field_37",
            "field_38",
            "field_39",
            "field_40",
            "field_41",
            "field_42",
            "field_43",
            "field_44",
            "field_45",
            "field_46",
            "field_47",
            "field_48",
            "field_49",
            "field_50",
            "field_51",
            "field_52",
            "field_53",
            "field_54",
            "field_55",
            "field_56",
            "field_57",
            "field_58",
            "field_59",
            "field_60",
            "field_61",
            "field_62",
            "field_63",
            "field_64",
            "field_65",
            "field_66",
            "field_67",
            "field_68",
            "field_69",
            "field_70",
            "field_71",
            "field_72",
            "field_73",
            "field_74",
            "field_75",
            "field_76",
            "field_77",
            "field_78",
            "field_79",
            "field_80",
            "field_81",
            "field_82",
            "field_83",
            "field_84",
            "field_85",
            "field_86",
            "field_87",
            "field_88",
            "field_89",
            "field_90",
            "field_91",
            "field_92",
            "field_93",
            "field_94",
            "field_95",
            "field_96",
            "field_97",
            "field_98",
            "field_99",
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
            field47,
            field48,
            field49,
            field50,
            field51,
            field52,
            field53,
            field54,
            field55,
            field56,
            field57,
            field58,
            field59,
            field60,
            field61,
            field62,
            field63,
            field64,
            field65,
            field66,
            field67,
            field68,
            field69,
            field70,
            field71,
            field72,
            field73,
            field74,
            field75,
            field76,
            field77,
            field78,
            field79,
            field80,
            field81,
            field82,
            field83,
            field84,
            field85,
            field86,
            field87,
            field88,
            field89,
            field90,
            field91,
            field92,
            field93,
            field94,
            field95,
            field96,
            field97,
            field98,
            field99,
            ],
        ) = KEYS.all(value) else {
            return writer.unlike(value, &ALL);
        };
        writer.open()?;
        writer.integer(b"{\"field_0\":", field0, &PLACES[0])?;
        writer.string(b",\"field_1\":", field1, &PLACES[1])?;
        writer.number(b",\"field_2\":", field2, &PLACES[2])?;
        writer.boolean(b",\"field_3\":", field3, &PLACES[3])?;
        if field4.is_none() {
            writer.put(b",\"field_4\":null");
            Ok(())
        } else {
            writer.string(b",\"field_4\":", field4, &PLACES[4])
        }?;
        writer.any(b",\"field_5\":", field5)?;
        writer
            .items(
                b",\"field_6\":",
                field6,
                &PLACES[6],
                |writer, item| writer.integer(b",", item, &PLACES[6]),
            )?;
        if field7.is_none() {
            writer.put(b",\"field_7\":null");
            Ok(())
        } else {
            {
                writer.put(b",\"field_7\":");
                models::write_Hundred(writer, field7)
            }
        }?;
        writer.integer(b",\"field_8\":", field8, &PLACES[8])?;
        writer.string(b",\"field_9\":", field9, &PLACES[9])?;
        writer.number(b",\"field_10\":", field10, &PLACES[10])?;
        writer.boolean(b",\"field_11\":", field11, &PLACES[11])?;
        if field12.is_none() {
            writer.put(b",\"field_12\":null");
            Ok(())
        } else {
            writer.string(b",\"field_12\":", field12, &PLACES[12])
        }?;
        writer.any(b",\"field_13\":", field13)?;
        writer
            .items(
                b",\"field_14\":",
                field14,
                &PLACES[14],
                |writer, item| writer.integer(b",", item, &PLACES[14]),
            )?;
        if field15.is_none() {
            writer.put(b",\"field_15\":null");
            Ok(())
        } else {
            {
                writer.put(b",\"field_15\":");
                models::write_Hundred(writer, field15)
            }
        }?;
        writer.integer(b",\"field_16\":", field16, &PLACES[16])?;
        writer.string(b",\"field_17\":", field17, &PLACES[17])?;
        writer.number(b",\"field_18\":", field18, &PLACES[18])?;
        writer.boolean(b",\"field_19\":", field19, &PLACES[19])?;
        if field20.is_none() {
            writer.put(b",\"field_20\":null");
            Ok(())
        } else {
            writer.string(b",\"field_20\":", field20, &PLACES[20])
        }?;
        writer.any(b",\"field_21\":", field21)?;
        writer
            .items(
                b",\"field_22\":",
                field22,
                &PLACES[22],
                |writer, item| writer.integer(b",", item, &PLACES[22]),
            )?;
        if field23.is_none() {
            writer.put(b",\"field_23\":null");
            Ok(())
        } else {
            {
                writer.put(b",\"field_23\":");
                models::write_Hundred(writer, field23)
            }
        }?;
        writer.integer(b",\"field_24\":", field24, &PLACES[24])?;
        writer.string(b",\"field_25\":", field25, &PLACES[25])?;
        writer.number(b",\"field_26\":", field26, &PLACES[26])?;
        writer.boolean(b",\"field_27\":", field27, &PLACES[27])?;
        if field28.is_none() {
            writer.put(b",\"field_28\":null");
            Ok(())
        } else {
            writer.string(b",\"field_28\":", field28, &PLACES[28])
        }?;
        writer.any(b",\"field_29\":", field29)?;
        writer
            .items(
                b",\"field_30\":",
                field30,
                &PLACES[30],
                |writer, item| writer.integer(b",", item, &PLACES[30]),
            )?;
        if field31.is_none() {
            writer.put(b",\"field_31\":null");
            Ok(())
        } else {
            {
                writer.put(b",\"field_31\":");
                models::write_Hundred(writer, field31)
            }
        }?;
        writer.integer(b",\"field_32\":", field32, &PLACES[32])?;
        writer.string(b",\"field_33\":", field33, &PLACES[33])?;
        writer.number(b",\"field_34\":", field34, &PLACES[34])?;
        writer.boolean(b",\"field_35\":", field35, &PLACES[35])?;
        if field36.is_none() {
            writer.put(b",\"field_36\":null");
            Ok(())
        } else {
            writer.string(b",\"field_36\":", field36, &PLACES[36])
        }?;
        writer.any(b",\"field_37\":", field37)?;
        writer
            .items(
                b",\"field_38\":",
                field38,
                &PLACES[38],
                |writer, item| writer.integer(b",", item, &PLACES[38]),
            )?;
        if field39.is_none() {
            writer.put(b",\"field_39\":null");
            Ok(())
        } else {
            {
                writer.put(b",\"field_39\":");
                models::write_Hundred(writer, field39)
            }
        }?;
        writer.integer(b",\"field_40\":", field40, &PLACES[40])?;
        writer.string(b",\"field_41\":", field41, &PLACES[41])?;
        writer.number(b",\"field_42\":", field42, &PLACES[42])?;
        writer.boolean(b",\"field_43\":", field43, &PLACES[43])?;
        if field44.is_none() {
            writer.put(b",\"field_44\":null");
            Ok(())
        } else {
            writer.string(b",\"field_44\":", field44, &PLACES[44])
        }?;
        writer.any(b",\"field_45\":", field45)?;
        writer
            .items(
                b",\"field_46\":",
                field46,
                &PLACES[46],
                |writer, item| writer.integer(b",", item, &PLACES[46]),
            )?;
        if field47.is_none() {
            writer.put(b",\"field_47\":null");
            Ok(())
        } else {
            {
                writer.put(b",\"field_47\":");
                models::write_Hundred(writer, field47)
            }
        }?;
        writer.integer(b",\"field_48\":", field48, &PLACES[48])?;
        writer.string(b",\"field_49\":", field49, &PLACES[49])?;
        writer.number(b",\"field_50\":", field50, &PLACES[50])?;
        writer.boolean(b",\"field_51\":", field51, &PLACES[51])?;
        if field52.is_none() {
            writer.put(b",\"field_52\":null");
            Ok(())
        } else {
            writer.string(b",\"field_52\":", field52, &PLACES[52])
        }?;
        writer.any(b",\"field_53\":", field53)?;
        writer
            .items(
                b",\"field_54\":",
                field54,
                &PLACES[54],
                |writer, item| writer.integer(b",", item, &PLACES[54]),
            )?;
        if field55.is_none() {
            writer.put(b",\"field_55\":null");
            Ok(())
        } else {
            {
                writer.put(b",\"field_55\":");
                models::write_Hundred(writer, field55)
            }
        }?;
        writer.integer(b",\"field_56\":", field56, &PLACES[56])?;
        writer.string(b",\"field_57\":", field57, &PLACES[57])?;
        writer.number(b",\"field_58\":", field58, &PLACES[58])?;
        writer.boolean(b",\"field_59\":", field59, &PLACES[59])?;
        if field60.is_none() {
            writer.put(b",\"field_60\":null");
            Ok(())
        } else {
            writer.string(b",\"field_60\":", field60, &PLACES[60])
        }?;
        writer.any(b",\"field_61\":", field61)?;
        writer
            .items(
                b",\"field_62\":",
                field62,
                &PLACES[62],
                |writer, item| writer.integer(b",", item, &PLACES[62]),
            )?;
        if field63.is_none() {
            writer.put(b",\"field_63\":null");
            Ok(())
        } else {
            {
                writer.put(b",\"field_63\":");
                models::write_Hundred(writer, field63)
            }
        }?;
        writer.integer(b",\"field_64\":", field64, &PLACES[64])?;
        writer.string(b",\"field_65\":", field65, &PLACES[65])?;
        writer.number(b",\"field_66\":", field66, &PLACES[66])?;
        writer.boolean(b",\"field_67\":", field67, &PLACES[67])?;
        if field68.is_none() {
            writer.put(b",\"field_68\":null");
            Ok(())
        } else {
            writer.string(b",\"field_68\":", field68, &PLACES[68])
        }?;
        writer.any(b",\"field_69\":", field69)?;
        writer
            .items(
                b",\"field_70\":",
                field70,
                &PLACES[70],
                |writer, item| writer.integer(b",", item, &PLACES[70]),
            )?;
        if field71.is_none() {
            writer.put(b",\"field_71\":null");
            Ok(())
        } else {
            {
                writer.put(b",\"field_71\":");
                models::write_Hundred(writer, field71)
            }
        }?;
        writer.integer(b",\"field_72\":", field72, &PLACES[72])?;
        writer.string(b",\"field_73\":", field73, &PLACES[73])?;
        writer.number(b",\"field_74\":", field74, &PLACES[74])?;
        writer.boolean(b",\"field_75\":", field75, &PLACES[75])?;
        if field76.is_none() {
            writer.put(b",\"field_76\":null");
            Ok(())
        } else {
            writer.string(b",\"field_76\":", field76, &PLACES[76])
        }?;
        writer.any(b",\"field_77\":", field77)?;
        writer
            .items(
                b",\"field_78\":",
                field78,
                &PLACES[78],
                |writer, item| writer.integer(b",", item, &PLACES[78]),
            )?;
        if field79.is_none() {
            writer.put(b",\"field_79\":null");
            Ok(())
        } else {
            {
                writer.put(b",\"field_79\":");
                models::write_Hundred(writer, field79)
            }
        }?;
        writer.integer(b",\"field_80\":", field80, &PLACES[80])?;
        writer.string(b",\"field_81\":", field81, &PLACES[81])?;
        writer.number(b",\"field_82\":", field82, &PLACES[82])?;
        writer.boolean(b",\"field_83\":", field83, &PLACES[83])?;
        if field84.is_none() {
            writer.put(b",\"field_84\":null");
            Ok(())
        } else {
            writer.string(b",\"field_84\":", field84, &PLACES[84])
        }?;
        writer.any(b",\"field_85\":", field85)?;
        writer
            .items(
                b",\"field_86\":",
                field86,
                &PLACES[86],
                |writer, item| writer.integer(b",", item, &PLACES[86]),
            )?;
        if field87.is_none() {
            writer.put(b",\"field_87\":null");
            Ok(())
        } else {
            {
                writer.put(b",\"field_87\":");
                models::write_Hundred(writer, field87)
            }
        }?;
        writer.integer(b",\"field_88\":", field88, &PLACES[88])?;
        writer.string(b",\"field_89\":", field89, &PLACES[89])?;
        writer.number(b",\"field_90\":", field90, &PLACES[90])?;
        writer.boolean(b",\"field_91\":", field91, &PLACES[91])?;
        if field92.is_none() {
            writer.put(b",\"field_92\":null");
            Ok(())
        } else {
            writer.string(b",\"field_92\":", field92, &PLACES[92])
        }?;
        writer.any(b",\"field_93\":", field93)?;
        writer
            .items(
                b",\"field_94\":",
                field94,
                &PLACES[94],
                |writer, item| writer.integer(b",", item, &PLACES[94]),
            )?;
        if field95.is_none() {
            writer.put(b",\"field_95\":null");
            Ok(())
        } else {
            {
                writer.put(b",\"field_95\":");
                models::write_Hundred(writer, field95)
            }
        }?;
        writer.integer(b",\"field_96\":", field96, &PLACES[96])?;
        writer.string(b",\"field_97\":", field97, &PLACES[97])?;
        writer.number(b",\"field_98\":", field98, &PLACES[98])?;
        writer.boolean(b",\"field_99\":", field99, &PLACES[99])?;
        writer.close();
        Ok(())
    }
}
