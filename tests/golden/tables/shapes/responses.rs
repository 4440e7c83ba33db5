//! The responses of `shapes_covet` as JSON.

use ::covet_runtime::python::json::*;

/// How the response of each endpoint is written, by id, where that is known.
pub static RESPONSES: &[Option<Write>] = &[
    Some(models::write_Account as Write),
    Some(models::write_FirstOptional as Write),
    Some(models::write_NoneRequired as Write),
    Some(models::write_OneOptional as Write),
    Some(models::write_Literals as Write),
    Some(models::write_Nested as Write),
    Some(models::write_Nullable as Write),
    Some(models::write_Unions as Write),
    Some(models::write_Node as Write),
    Some(models::write_Tree as Write),
    Some(models::write_OneTuple as Write),
    Some(models::write_Nowhere as Write),
    None,
    None,
    Some(models::write_Class as Write),
    Some(models::write_Record as Write),
    Some(models::write_Validated as Write),
    Some(response0 as Write),
    Some(response0 as Write),
    Some(response1 as Write),
    Some(response2 as Write),
    Some(response3 as Write),
    None,
    None,
    None,
    None,
];

/// The serializers that are offered by name.
pub static MODELS: &[Model] = &[
    Model {
        name: c"serialize_Account",
        doc: c"serialize_Account(obj, /)\n--\n\nA `app:Account` as JSON text in UTF-8.",
        write: models::write_Account,
    },
    Model {
        name: c"serialize_Class",
        doc: c"serialize_Class(obj, /)\n--\n\nA `app:Class` as JSON text in UTF-8.",
        write: models::write_Class,
    },
    Model {
        name: c"serialize_FirstOptional",
        doc: c"serialize_FirstOptional(obj, /)\n--\n\nA `app:FirstOptional` as JSON text in UTF-8.",
        write: models::write_FirstOptional,
    },
    Model {
        name: c"serialize_Literals",
        doc: c"serialize_Literals(obj, /)\n--\n\nA `app:Literals` as JSON text in UTF-8.",
        write: models::write_Literals,
    },
    Model {
        name: c"serialize_Nested",
        doc: c"serialize_Nested(obj, /)\n--\n\nA `app:Nested` as JSON text in UTF-8.",
        write: models::write_Nested,
    },
    Model {
        name: c"serialize_Node",
        doc: c"serialize_Node(obj, /)\n--\n\nA `app:Node` as JSON text in UTF-8.",
        write: models::write_Node,
    },
    Model {
        name: c"serialize_NoneRequired",
        doc: c"serialize_NoneRequired(obj, /)\n--\n\nA `app:NoneRequired` as JSON text in UTF-8.",
        write: models::write_NoneRequired,
    },
    Model {
        name: c"serialize_Nowhere",
        doc: c"serialize_Nowhere(obj, /)\n--\n\nA `app:Nowhere` as JSON text in UTF-8.",
        write: models::write_Nowhere,
    },
    Model {
        name: c"serialize_Nullable",
        doc: c"serialize_Nullable(obj, /)\n--\n\nA `app:Nullable` as JSON text in UTF-8.",
        write: models::write_Nullable,
    },
    Model {
        name: c"serialize_OneOptional",
        doc: c"serialize_OneOptional(obj, /)\n--\n\nA `app:OneOptional` as JSON text in UTF-8.",
        write: models::write_OneOptional,
    },
    Model {
        name: c"serialize_OneTuple",
        doc: c"serialize_OneTuple(obj, /)\n--\n\nA `app:OneTuple` as JSON text in UTF-8.",
        write: models::write_OneTuple,
    },
    Model {
        name: c"serialize_Place",
        doc: c"serialize_Place(obj, /)\n--\n\nA `app:Place` as JSON text in UTF-8.",
        write: models::write_Place,
    },
    Model {
        name: c"serialize_Record",
        doc: c"serialize_Record(obj, /)\n--\n\nA `app:Record` as JSON text in UTF-8.",
        write: models::write_Record,
    },
    Model {
        name: c"serialize_Tree",
        doc: c"serialize_Tree(obj, /)\n--\n\nA `app:Tree` as JSON text in UTF-8.",
        write: models::write_Tree,
    },
    Model {
        name: c"serialize_Unions",
        doc: c"serialize_Unions(obj, /)\n--\n\nA `app:Unions` as JSON text in UTF-8.",
        write: models::write_Unions,
    },
    Model {
        name: c"serialize_Validated",
        doc: c"serialize_Validated(obj, /)\n--\n\nA `app:Validated` as JSON text in UTF-8.",
        write: models::write_Validated,
    },
];

/// A function for each model.
#[allow(non_snake_case, reason = "models have the names of their classes")]
mod models {
    use super::*;
    /// `app:Account`.
    pub fn write_Account(writer: &mut Writer<'_>, value: Value<'_>) -> Written {
        static ALL: Place = Place::new("Account", "");
        static PLACES: [Place; 6] = [
            Place::new("Account", "id"),
            Place::new("Account", "name"),
            Place::new("Account", "active"),
            Place::new("Account", "balance"),
            Place::new("Account", "nothing"),
            Place::new("Account", "anything"),
        ];
        static KEYS: Keys<6> = Keys::new([
            "id",
            "name",
            "active",
            "balance",
            "nothing",
            "anything",
        ]);
        let Some([field0, field1, field2, field3, field4, field5]) = KEYS.all(value)
        else {
            return writer.unlike(value, &ALL);
        };
        writer.open()?;
        writer.integer(b"{\"id\":", field0, &PLACES[0])?;
        writer.string(b",\"name\":", field1, &PLACES[1])?;
        writer.boolean(b",\"active\":", field2, &PLACES[2])?;
        writer.number(b",\"balance\":", field3, &PLACES[3])?;
        writer.null(b",\"nothing\":", field4, &PLACES[4])?;
        writer.any(b",\"anything\":", field5)?;
        writer.close();
        Ok(())
    }
    /// `app:Class`.
    pub fn write_Class(writer: &mut Writer<'_>, value: Value<'_>) -> Written {
        static ALL: Place = Place::new("Class", "");
        static PLACES: [Place; 2] = [
            Place::new("Class", "id"),
            Place::new("Class", "place"),
        ];
        static CLASS: Class<2> = Class::new(
            "app:Class",
            [("id", "id"), ("place", "place")],
        );
        let Some([field0, field1]) = CLASS.fields(writer, value)? else {
            return writer.unlike(value, &ALL);
        };
        writer.open()?;
        writer.integer(b"{\"id\":", field0, &PLACES[0])?;
        if field1.is_none() {
            writer.put(b",\"place\":null");
            Ok(())
        } else {
            {
                writer.put(b",\"place\":");
                models::write_Place(writer, field1)
            }
        }?;
        writer.close();
        Ok(())
    }
    /// `app:FirstOptional`.
    pub fn write_FirstOptional(writer: &mut Writer<'_>, value: Value<'_>) -> Written {
        static ALL: Place = Place::new("FirstOptional", "");
        static PLACES: [Place; 3] = [
            Place::new("FirstOptional", "a"),
            Place::new("FirstOptional", "b"),
            Place::new("FirstOptional", "c"),
        ];
        static KEYS: Keys<3> = Keys::new(["a", "b", "c"]);
        let Some([field0, Some(field1), field2]) = KEYS.some(value) else {
            return writer.unlike(value, &ALL);
        };
        let start = writer.open_unsure()?;
        if let Some(field0) = field0 {
            writer.integer(b",\"a\":", field0, &PLACES[0])?;
        }
        writer.string(b",\"b\":", field1, &PLACES[1])?;
        if let Some(field2) = field2 {
            {
                writer.put(b",\"c\":");
                models::write_Account(writer, field2)
            }?;
        }
        writer.close_unsure(start);
        Ok(())
    }
    /// `app:Literals`.
    pub fn write_Literals(writer: &mut Writer<'_>, value: Value<'_>) -> Written {
        static ALL: Place = Place::new("Literals", "");
        static PLACES: [Place; 6] = [
            Place::new("Literals", "text"),
            Place::new("Literals", "number"),
            Place::new("Literals", "truth"),
            Place::new("Literals", "none"),
            Place::new("Literals", "text_or_none"),
            Place::new("Literals", "mixed"),
        ];
        static KEYS: Keys<6> = Keys::new([
            "text",
            "number",
            "truth",
            "none",
            "text_or_none",
            "mixed",
        ]);
        let Some([field0, field1, field2, field3, field4, field5]) = KEYS.all(value)
        else {
            return writer.unlike(value, &ALL);
        };
        writer.open()?;
        writer.string(b"{\"text\":", field0, &PLACES[0])?;
        writer.integer(b",\"number\":", field1, &PLACES[1])?;
        writer.boolean(b",\"truth\":", field2, &PLACES[2])?;
        writer.null(b",\"none\":", field3, &PLACES[3])?;
        if field4.is_none() {
            writer.put(b",\"text_or_none\":null");
            Ok(())
        } else {
            writer.string(b",\"text_or_none\":", field4, &PLACES[4])
        }?;
        writer.any(b",\"mixed\":", field5)?;
        writer.close();
        Ok(())
    }
    /// `app:Nested`.
    pub fn write_Nested(writer: &mut Writer<'_>, value: Value<'_>) -> Written {
        static ALL: Place = Place::new("Nested", "");
        static PLACES: [Place; 9] = [
            Place::new("Nested", "lists"),
            Place::new("Nested", "dicts"),
            Place::new("Nested", "models"),
            Place::new("Nested", "by_name"),
            Place::new("Nested", "items"),
            Place::new("Nested", "rows"),
            Place::new("Nested", "pair"),
            Place::new("Nested", "none_of_it"),
            Place::new("Nested", "open"),
        ];
        static KEYS: Keys<9> = Keys::new([
            "lists",
            "dicts",
            "models",
            "by_name",
            "items",
            "rows",
            "pair",
            "none_of_it",
            "open",
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
            ],
        ) = KEYS.all(value) else {
            return writer.unlike(value, &ALL);
        };
        writer.open()?;
        writer
            .items(
                b"{\"lists\":",
                field0,
                &PLACES[0],
                |writer, item| {
                    writer
                        .items(
                            b",",
                            item,
                            &PLACES[0],
                            |writer, item| writer.string(b",", item, &PLACES[0]),
                        )
                },
            )?;
        writer
            .mapping(
                b",\"dicts\":",
                field1,
                &PLACES[1],
                |writer, item| {
                    writer
                        .mapping(
                            b":",
                            item,
                            &PLACES[1],
                            |writer, item| writer.number(b":", item, &PLACES[1]),
                        )
                },
            )?;
        writer
            .items(
                b",\"models\":",
                field2,
                &PLACES[2],
                |writer, item| {
                    writer.put(b",");
                    models::write_Account(writer, item)
                },
            )?;
        writer
            .mapping(
                b",\"by_name\":",
                field3,
                &PLACES[3],
                |writer, item| {
                    writer
                        .items(
                            b":",
                            item,
                            &PLACES[3],
                            |writer, item| {
                                if item.is_none() {
                                    writer.put(b",null");
                                    Ok(())
                                } else {
                                    {
                                        writer.put(b",");
                                        models::write_Account(writer, item)
                                    }
                                }
                            },
                        )
                },
            )?;
        writer
            .tuple_items(
                b",\"items\":",
                field4,
                &PLACES[4],
                |writer, item| writer.integer(b",", item, &PLACES[4]),
            )?;
        writer
            .items(
                b",\"rows\":",
                field5,
                &PLACES[5],
                |writer, item| {
                    let value = item;
                    if let Some([field0, field1]) = value.parts() {
                        writer.put(b",");
                        writer.open()?;
                        writer.integer(b"[", field0, &PLACES[5])?;
                        writer.string(b",", field1, &PLACES[5])?;
                        writer.close_array();
                        Ok(())
                    } else {
                        {
                            writer.put(b",");
                            writer.unlike(value, &PLACES[5])
                        }
                    }
                },
            )?;
        {
            let value = field6;
            if let Some([field0, field1]) = value.parts() {
                writer.put(b",\"pair\":");
                writer.open()?;
                {
                    writer.put(b"[");
                    models::write_Account(writer, field0)
                }?;
                {
                    let value = field1;
                    if let Some([field0, field1]) = value.parts() {
                        writer.put(b",");
                        writer.open()?;
                        {
                            writer.put(b"[");
                            models::write_Place(writer, field0)
                        }?;
                        writer.null(b",", field1, &PLACES[6])?;
                        writer.close_array();
                        Ok(())
                    } else {
                        {
                            writer.put(b",");
                            writer.unlike(value, &PLACES[6])
                        }
                    }
                }?;
                writer.close_array();
                Ok(())
            } else {
                {
                    writer.put(b",\"pair\":");
                    writer.unlike(value, &PLACES[6])
                }
            }
        }?;
        {
            let value = field7;
            if let Some([]) = value.parts() {
                writer.put(b",\"none_of_it\":");
                writer.put(b"[]");
                Ok(())
            } else {
                {
                    writer.put(b",\"none_of_it\":");
                    writer.unlike(value, &PLACES[7])
                }
            }
        }?;
        writer
            .items(
                b",\"open\":",
                field8,
                &PLACES[8],
                |writer, item| writer.any(b",", item),
            )?;
        writer.close();
        Ok(())
    }
    /// `app:Node`.
    pub fn write_Node(writer: &mut Writer<'_>, value: Value<'_>) -> Written {
        static ALL: Place = Place::new("Node", "");
        static PLACES: [Place; 4] = [
            Place::new("Node", "value"),
            Place::new("Node", "next"),
            Place::new("Node", "children"),
            Place::new("Node", "named"),
        ];
        static KEYS: Keys<4> = Keys::new(["value", "next", "children", "named"]);
        let Some([Some(field0), Some(field1), field2, field3]) = KEYS.some(value) else {
            return writer.unlike(value, &ALL);
        };
        writer.open()?;
        writer.integer(b"{\"value\":", field0, &PLACES[0])?;
        if field1.is_none() {
            writer.put(b",\"next\":null");
            Ok(())
        } else {
            {
                writer.put(b",\"next\":");
                models::write_Node(writer, field1)
            }
        }?;
        if let Some(field2) = field2 {
            writer
                .items(
                    b",\"children\":",
                    field2,
                    &PLACES[2],
                    |writer, item| {
                        writer.put(b",");
                        models::write_Node(writer, item)
                    },
                )?;
        }
        if let Some(field3) = field3 {
            writer
                .mapping(
                    b",\"named\":",
                    field3,
                    &PLACES[3],
                    |writer, item| {
                        writer.put(b":");
                        models::write_Tree(writer, item)
                    },
                )?;
        }
        writer.close();
        Ok(())
    }
    /// `app:NoneRequired`.
    pub fn write_NoneRequired(writer: &mut Writer<'_>, value: Value<'_>) -> Written {
        static ALL: Place = Place::new("NoneRequired", "");
        static PLACES: [Place; 2] = [
            Place::new("NoneRequired", "a"),
            Place::new("NoneRequired", "b"),
        ];
        static KEYS: Keys<2> = Keys::new(["a", "b"]);
        let Some([field0, field1]) = KEYS.some(value) else {
            return writer.unlike(value, &ALL);
        };
        let start = writer.open_unsure()?;
        if let Some(field0) = field0 {
            writer.integer(b",\"a\":", field0, &PLACES[0])?;
        }
        if let Some(field1) = field1 {
            if field1.is_none() {
                writer.put(b",\"b\":null");
                Ok(())
            } else {
                writer.string(b",\"b\":", field1, &PLACES[1])
            }?;
        }
        writer.close_unsure(start);
        Ok(())
    }
    /// `app:Nowhere`.
    pub fn write_Nowhere(writer: &mut Writer<'_>, value: Value<'_>) -> Written {
        static ALL: Place = Place::new("Nowhere", "");
        if let Some([]) = value.parts() {
            writer.put(b"[]");
            Ok(())
        } else {
            writer.unlike(value, &ALL)
        }
    }
    /// `app:Nullable`.
    pub fn write_Nullable(writer: &mut Writer<'_>, value: Value<'_>) -> Written {
        static ALL: Place = Place::new("Nullable", "");
        static PLACES: [Place; 7] = [
            Place::new("Nullable", "scalar"),
            Place::new("Nullable", "list"),
            Place::new("Nullable", "dict"),
            Place::new("Nullable", "tuple"),
            Place::new("Nullable", "items"),
            Place::new("Nullable", "model"),
            Place::new("Nullable", "any"),
        ];
        static KEYS: Keys<7> = Keys::new([
            "scalar",
            "list",
            "dict",
            "tuple",
            "items",
            "model",
            "any",
        ]);
        let Some([field0, field1, field2, field3, field4, field5, field6]) = KEYS
            .all(value) else {
            return writer.unlike(value, &ALL);
        };
        writer.open()?;
        if field0.is_none() {
            writer.put(b"{\"scalar\":null");
            Ok(())
        } else {
            writer.integer(b"{\"scalar\":", field0, &PLACES[0])
        }?;
        if field1.is_none() {
            writer.put(b",\"list\":null");
            Ok(())
        } else {
            writer
                .items(
                    b",\"list\":",
                    field1,
                    &PLACES[1],
                    |writer, item| {
                        if item.is_none() {
                            writer.put(b",null");
                            Ok(())
                        } else {
                            writer.integer(b",", item, &PLACES[1])
                        }
                    },
                )
        }?;
        if field2.is_none() {
            writer.put(b",\"dict\":null");
            Ok(())
        } else {
            writer
                .mapping(
                    b",\"dict\":",
                    field2,
                    &PLACES[2],
                    |writer, item| writer.string(b":", item, &PLACES[2]),
                )
        }?;
        if field3.is_none() {
            writer.put(b",\"tuple\":null");
            Ok(())
        } else {
            {
                let value = field3;
                if let Some([field0, field1]) = value.parts() {
                    writer.put(b",\"tuple\":");
                    writer.open()?;
                    writer.integer(b"[", field0, &PLACES[3])?;
                    if field1.is_none() {
                        writer.put(b",null");
                        Ok(())
                    } else {
                        writer.string(b",", field1, &PLACES[3])
                    }?;
                    writer.close_array();
                    Ok(())
                } else {
                    {
                        writer.put(b",\"tuple\":");
                        writer.unlike(value, &PLACES[3])
                    }
                }
            }
        }?;
        if field4.is_none() {
            writer.put(b",\"items\":null");
            Ok(())
        } else {
            writer
                .tuple_items(
                    b",\"items\":",
                    field4,
                    &PLACES[4],
                    |writer, item| writer.boolean(b",", item, &PLACES[4]),
                )
        }?;
        if field5.is_none() {
            writer.put(b",\"model\":null");
            Ok(())
        } else {
            {
                writer.put(b",\"model\":");
                models::write_Account(writer, field5)
            }
        }?;
        writer.any(b",\"any\":", field6)?;
        writer.close();
        Ok(())
    }
    /// `app:OneOptional`.
    pub fn write_OneOptional(writer: &mut Writer<'_>, value: Value<'_>) -> Written {
        static ALL: Place = Place::new("OneOptional", "");
        static PLACES: [Place; 1] = [Place::new("OneOptional", "a")];
        static KEYS: Keys<1> = Keys::new(["a"]);
        let Some([field0]) = KEYS.some(value) else {
            return writer.unlike(value, &ALL);
        };
        let start = writer.open_unsure()?;
        if let Some(field0) = field0 {
            writer.integer(b",\"a\":", field0, &PLACES[0])?;
        }
        writer.close_unsure(start);
        Ok(())
    }
    /// `app:OneTuple`.
    pub fn write_OneTuple(writer: &mut Writer<'_>, value: Value<'_>) -> Written {
        static ALL: Place = Place::new("OneTuple", "");
        if let Some([field0]) = value.parts() {
            writer.open()?;
            writer.any(b"[", field0)?;
            writer.close_array();
            Ok(())
        } else {
            writer.unlike(value, &ALL)
        }
    }
    /// `app:Place`.
    pub fn write_Place(writer: &mut Writer<'_>, value: Value<'_>) -> Written {
        static ALL: Place = Place::new("Place", "");
        static PLACES: [Place; 3] = [
            Place::new("Place", "x"),
            Place::new("Place", "y"),
            Place::new("Place", "account"),
        ];
        if let Some([field0, field1, field2]) = value.parts() {
            writer.open()?;
            writer.number(b"[", field0, &PLACES[0])?;
            writer.number(b",", field1, &PLACES[1])?;
            if field2.is_none() {
                writer.put(b",null");
                Ok(())
            } else {
                {
                    writer.put(b",");
                    models::write_Account(writer, field2)
                }
            }?;
            writer.close_array();
            Ok(())
        } else {
            writer.unlike(value, &ALL)
        }
    }
    /// `app:Record`.
    pub fn write_Record(writer: &mut Writer<'_>, value: Value<'_>) -> Written {
        static ALL: Place = Place::new("Record", "");
        static PLACES: [Place; 2] = [
            Place::new("Record", "id"),
            Place::new("Record", "tags"),
        ];
        static CLASS: Class<2> = Class::new(
            "app:Record",
            [("id", "id"), ("tags", "tags")],
        );
        let Some([field0, field1]) = CLASS.fields(writer, value)? else {
            return writer.unlike(value, &ALL);
        };
        writer.open()?;
        writer.integer(b"{\"id\":", field0, &PLACES[0])?;
        writer
            .items(
                b",\"tags\":",
                field1,
                &PLACES[1],
                |writer, item| writer.string(b",", item, &PLACES[1]),
            )?;
        writer.close();
        Ok(())
    }
    /// `app:Tree`.
    pub fn write_Tree(writer: &mut Writer<'_>, value: Value<'_>) -> Written {
        static ALL: Place = Place::new("Tree", "");
        if let Some([field0, field1, field2]) = value.parts() {
            writer.open()?;
            if field0.is_none() {
                writer.put(b"[null");
                Ok(())
            } else {
                {
                    writer.put(b"[");
                    models::write_Tree(writer, field0)
                }
            }?;
            if field1.is_none() {
                writer.put(b",null");
                Ok(())
            } else {
                {
                    writer.put(b",");
                    models::write_Tree(writer, field1)
                }
            }?;
            {
                writer.put(b",");
                models::write_Node(writer, field2)
            }?;
            writer.close_array();
            Ok(())
        } else {
            writer.unlike(value, &ALL)
        }
    }
    /// `app:Unions`.
    pub fn write_Unions(writer: &mut Writer<'_>, value: Value<'_>) -> Written {
        static ALL: Place = Place::new("Unions", "");
        static PLACES: [Place; 6] = [
            Place::new("Unions", "number"),
            Place::new("Unions", "two"),
            Place::new("Unions", "two_or_none"),
            Place::new("Unions", "alike"),
            Place::new("Unions", "models"),
            Place::new("Unions", "same"),
        ];
        static KEYS: Keys<6> = Keys::new([
            "number",
            "two",
            "two_or_none",
            "alike",
            "models",
            "same",
        ]);
        let Some([field0, field1, field2, field3, field4, field5]) = KEYS.all(value)
        else {
            return writer.unlike(value, &ALL);
        };
        writer.open()?;
        writer.number(b"{\"number\":", field0, &PLACES[0])?;
        writer.any(b",\"two\":", field1)?;
        writer.any(b",\"two_or_none\":", field2)?;
        writer.any(b",\"alike\":", field3)?;
        writer.any(b",\"models\":", field4)?;
        if field5.is_none() {
            writer.put(b",\"same\":null");
            Ok(())
        } else {
            writer.string(b",\"same\":", field5, &PLACES[5])
        }?;
        writer.close();
        Ok(())
    }
    /// `app:Validated`.
    pub fn write_Validated(writer: &mut Writer<'_>, value: Value<'_>) -> Written {
        static ALL: Place = Place::new("Validated", "");
        static PLACES: [Place; 2] = [
            Place::new("Validated", "id"),
            Place::new("Validated", "record"),
        ];
        static CLASS: Class<2> = Class::new(
            "app:Validated",
            [("id", "id"), ("record", "record")],
        );
        let Some([field0, field1]) = CLASS.fields(writer, value)? else {
            return writer.unlike(value, &ALL);
        };
        writer.open()?;
        writer.integer(b"{\"id\":", field0, &PLACES[0])?;
        if field1.is_none() {
            writer.put(b",\"record\":null");
            Ok(())
        } else {
            {
                writer.put(b",\"record\":");
                models::write_Record(writer, field1)
            }
        }?;
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
                models::write_Account(writer, item)
            },
        )
}

fn response1(writer: &mut Writer<'_>, value: Value<'_>) -> Written {
    static PLACE: Place = Place::new("response", "");
    writer
        .mapping(
            b"",
            value,
            &PLACE,
            |writer, item| {
                writer
                    .items(
                        b":",
                        item,
                        &PLACE,
                        |writer, item| writer.integer(b",", item, &PLACE),
                    )
            },
        )
}

fn response2(writer: &mut Writer<'_>, value: Value<'_>) -> Written {
    if value.is_none() {
        writer.put(b"null");
        Ok(())
    } else {
        models::write_Account(writer, value)
    }
}

fn response3(writer: &mut Writer<'_>, value: Value<'_>) -> Written {
    static PLACE: Place = Place::new("response", "");
    if value.is_none() {
        writer.put(b"null");
        Ok(())
    } else {
        writer
            .items(
                b"",
                value,
                &PLACE,
                |writer, item| {
                    writer.put(b",");
                    models::write_Place(writer, item)
                },
            )
    }
}
