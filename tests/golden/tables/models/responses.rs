//! The responses of `models_covet` as JSON.

use ::covet_runtime::python::json::*;

/// How the response of each endpoint is written, by id, where that is known.
pub static RESPONSES: &[Option<Write>] = &[
    Some(models::write_Page_Post as Write),
    None,
    None,
    Some(response0 as Write),
    None,
];

/// The serializers that are offered by name.
pub static MODELS: &[Model] = &[
    Model {
        name: c"serialize_Author",
        doc: c"serialize_Author(obj, /)\n--\n\nA `app:Author` as JSON text in UTF-8.",
        write: models::write_Author,
    },
    Model {
        name: c"serialize_Odd",
        doc: c"serialize_Odd(obj, /)\n--\n\nA `app:Odd` as JSON text in UTF-8.",
        write: models::write_Odd,
    },
    Model {
        name: c"serialize_Page_Post",
        doc: c"serialize_Page_Post(obj, /)\n--\n\nA `app:Page[app:Post]` as JSON text in UTF-8.",
        write: models::write_Page_Post,
    },
    Model {
        name: c"serialize_Place",
        doc: c"serialize_Place(obj, /)\n--\n\nA `app:Place` as JSON text in UTF-8.",
        write: models::write_Place,
    },
    Model {
        name: c"serialize_Point",
        doc: c"serialize_Point(obj, /)\n--\n\nA `app:Point` as JSON text in UTF-8.",
        write: models::write_Point,
    },
    Model {
        name: c"serialize_Post",
        doc: c"serialize_Post(obj, /)\n--\n\nA `app:Post` as JSON text in UTF-8.",
        write: models::write_Post,
    },
];

/// A function for each model.
#[allow(non_snake_case, reason = "models have the names of their classes")]
mod models {
    use super::*;
    /// `app:Author`.
    pub fn write_Author(writer: &mut Writer<'_>, value: Value<'_>) -> Written {
        static ALL: Place = Place::new("Author", "");
        static PLACES: [Place; 1] = [Place::new("Author", "userName")];
        static CLASS: Class<1> = Class::new("app:Author", [("userName", "user_name")]);
        let Some([field0]) = CLASS.fields(writer, value)? else {
            return writer.unlike(value, &ALL);
        };
        writer.open()?;
        writer.string(b"{\"userName\":", field0, &PLACES[0])?;
        writer.close();
        Ok(())
    }
    /// `app:Odd`.
    pub fn write_Odd(writer: &mut Writer<'_>, value: Value<'_>) -> Written {
        static ALL: Place = Place::new("Odd", "");
        static PLACES: [Place; 3] = [
            Place::new("Odd", "a \"quoted\"\nkey"),
            Place::new("Odd", "class"),
            Place::new("Odd", ""),
        ];
        static KEYS: Keys<3> = Keys::new(["a \"quoted\"\nkey", "class", ""]);
        let Some([field0, field1, field2]) = KEYS.all(value) else {
            return writer.unlike(value, &ALL);
        };
        writer.open()?;
        {
            let value = field0;
            if let Some([]) = value.parts() {
                writer.put(b"{\"a \\\"quoted\\\"\\nkey\":");
                writer.put(b"[]");
                Ok(())
            } else {
                {
                    writer.put(b"{\"a \\\"quoted\\\"\\nkey\":");
                    writer.unlike(value, &PLACES[0])
                }
            }
        }?;
        writer
            .tuple_items(
                b",\"class\":",
                field1,
                &PLACES[1],
                |writer, item| writer.integer(b",", item, &PLACES[1]),
            )?;
        {
            let value = field2;
            if let Some([field0, field1]) = value.parts() {
                writer.put(b",\"\":");
                writer.open()?;
                writer.integer(b"[", field0, &PLACES[2])?;
                writer.string(b",", field1, &PLACES[2])?;
                writer.close_array();
                Ok(())
            } else {
                {
                    writer.put(b",\"\":");
                    writer.unlike(value, &PLACES[2])
                }
            }
        }?;
        writer.close();
        Ok(())
    }
    /// `app:Page[app:Post]`.
    pub fn write_Page_Post(writer: &mut Writer<'_>, value: Value<'_>) -> Written {
        static ALL: Place = Place::new("Page_Post", "");
        static PLACES: [Place; 2] = [
            Place::new("Page_Post", "items"),
            Place::new("Page_Post", "next"),
        ];
        static CLASS: Class<2> = Class::new(
            "app:Page[app:Post]",
            [("items", "items"), ("next", "next")],
        );
        let Some([field0, field1]) = CLASS.fields(writer, value)? else {
            return writer.unlike(value, &ALL);
        };
        writer.open()?;
        writer
            .items(
                b"{\"items\":",
                field0,
                &PLACES[0],
                |writer, item| {
                    writer.put(b",");
                    models::write_Post(writer, item)
                },
            )?;
        if field1.is_none() {
            writer.put(b",\"next\":null");
            Ok(())
        } else {
            {
                writer.put(b",\"next\":");
                models::write_Page_Post(writer, field1)
            }
        }?;
        writer.close();
        Ok(())
    }
    /// `app:Place`.
    pub fn write_Place(writer: &mut Writer<'_>, value: Value<'_>) -> Written {
        static ALL: Place = Place::new("Place", "");
        static CLASS: Class<1> = Class::new("app:Place", [("at", "at")]);
        let Some([field0]) = CLASS.fields(writer, value)? else {
            return writer.unlike(value, &ALL);
        };
        writer.open()?;
        {
            writer.put(b"{\"at\":");
            models::write_Point(writer, field0)
        }?;
        writer.close();
        Ok(())
    }
    /// `app:Point`.
    pub fn write_Point(writer: &mut Writer<'_>, value: Value<'_>) -> Written {
        static ALL: Place = Place::new("Point", "");
        static PLACES: [Place; 2] = [Place::new("Point", "x"), Place::new("Point", "y")];
        if let Some([field0, field1]) = value.parts() {
            writer.open()?;
            writer.number(b"[", field0, &PLACES[0])?;
            writer.number(b",", field1, &PLACES[1])?;
            writer.close_array();
            Ok(())
        } else {
            writer.unlike(value, &ALL)
        }
    }
    /// `app:Post`.
    pub fn write_Post(writer: &mut Writer<'_>, value: Value<'_>) -> Written {
        static ALL: Place = Place::new("Post", "");
        static PLACES: [Place; 5] = [
            Place::new("Post", "id"),
            Place::new("Post", "author"),
            Place::new("Post", "colour"),
            Place::new("Post", "status"),
            Place::new("Post", "parent"),
        ];
        static KEYS: Keys<5> = Keys::new(["id", "author", "colour", "status", "parent"]);
        let Some([Some(field0), Some(field1), Some(field2), Some(field3), field4]) = KEYS
            .some(value) else {
            return writer.unlike(value, &ALL);
        };
        writer.open()?;
        writer.integer(b"{\"id\":", field0, &PLACES[0])?;
        {
            writer.put(b",\"author\":");
            models::write_Author(writer, field1)
        }?;
        writer.any(b",\"colour\":", field2)?;
        writer.any(b",\"status\":", field3)?;
        if let Some(field4) = field4 {
            if field4.is_none() {
                writer.put(b",\"parent\":null");
                Ok(())
            } else {
                {
                    writer.put(b",\"parent\":");
                    models::write_Post(writer, field4)
                }
            }?;
        }
        writer.close();
        Ok(())
    }
}

fn response0(writer: &mut Writer<'_>, value: Value<'_>) -> Written {
    static PLACE: Place = Place::new("response", "");
    writer
        .mapping(
            b"",
            value,
            &PLACE,
            |writer, item| {
                writer.put(b":");
                models::write_Place(writer, item)
            },
        )
}
