//! Responses: a function for each model, and one for each other shape.

use std::ffi::CString;

use covet_runtime::json::Buffer;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use super::{doc, print, shown};
use crate::lower::{ModelPlan, Responses, Shape, Writer};
use crate::model::{App, ModelId, ModelKind};

/// The text of `src/responses.rs` of the generated crate: how responses are written as JSON.
pub fn responses(app: &App, plan: &Responses<'_>) -> String {
    let title = doc(format!("The responses of `{}` as JSON.", app.name));
    let emit = Emit { app };
    let models = plan.models.iter().map(|model| emit.model(model));
    let shapes = (0..)
        .zip(&plan.shapes)
        .map(|(number, shape)| emit.response(number, shape));
    let endpoints = plan.endpoints.iter().map(|writer| match writer {
        None => quote!(None),
        Some(Writer::Model(id)) => {
            let name = emit.name(*id);
            quote!(Some(models::#name as Write))
        }
        Some(Writer::Shape(number)) => {
            let name = shape_name(*number);
            quote!(Some(#name as Write))
        }
    });
    let named = plan.models.iter().map(|model| emit.named(model));
    let models = if plan.models.is_empty() {
        quote!()
    } else {
        quote! {
            /// A function for each model.
            #[allow(non_snake_case, reason = "models have the names of their classes")]
            mod models {
                use super::*;

                #(#models)*
            }
        }
    };
    // Whether there is anything to write decides whether these names are used.
    let imports = if plan.models.is_empty() && plan.shapes.is_empty() {
        quote! {
            use ::covet_runtime::python::json::Model;
            use ::covet_runtime::python::Write;
        }
    } else {
        quote! {
            use ::covet_runtime::python::json::*;
        }
    };
    print(quote! {
        #![doc = #title]

        #imports

        /// How the response of each endpoint is written, by id, where that is known.
        pub static RESPONSES: &[Option<Write>] = &[#(#endpoints),*];

        /// The serializers that are offered by name.
        pub static MODELS: &[Model] = &[#(#named),*];

        #models
        #(#shapes)*
    })
}

struct Emit<'a> {
    app: &'a App,
}

/// Where a value is written: what stands before it, what it is called, and what counts it when it
/// is not as declared.
struct At {
    before: Vec<u8>,
    value: Ident,
    place: TokenStream,
}

impl At {
    fn item(&self, before: &[u8]) -> Self {
        Self {
            before: before.to_vec(),
            value: format_ident!("item"),
            place: self.place.clone(),
        }
    }
}

impl Emit<'_> {
    fn name(&self, id: ModelId) -> Ident {
        format_ident!("write_{}", self.app.models[id.0].name)
    }

    /// `Model { … }` for the functions that users call.
    fn named(&self, plan: &ModelPlan<'_>) -> TokenStream {
        let function = self.name(plan.id);
        let name = c_string(&format!("serialize_{}", plan.model.name));
        let doc = c_string(&format!(
            "serialize_{}(obj, /)\n--\n\nA `{}` as JSON text in UTF-8.",
            plan.model.name, plan.model.class
        ));
        quote!(Model { name: #name, doc: #doc, write: models::#function })
    }

    /// The function of a model.
    fn model(&self, plan: &ModelPlan<'_>) -> TokenStream {
        let name = self.name(plan.id);
        let title = doc(format!("`{}`.", shown(&plan.model.class)));
        let count = Literal::usize_unsuffixed(plan.fields.len());
        let model = plan.model.name.as_str();
        let places = plan.model.fields.iter().map(|field| {
            let field = field.name.as_str();
            quote!(Place::new(#model, #field))
        });
        let body = match plan.model.kind {
            ModelKind::NamedTuple => self.array_body(plan),
            ModelKind::Dataclass | ModelKind::Struct | ModelKind::Pydantic => self.class_body(plan),
            ModelKind::TypedDict | ModelKind::Enum(_) => self.object_body(plan),
        };
        let places = if plan.fields.iter().any(Shape::has_place) {
            quote!(static PLACES: [Place; #count] = [#(#places),*];)
        } else {
            quote!()
        };
        quote! {
            #[doc = #title]
            pub fn #name(writer: &mut Writer<'_>, value: Value<'_>) -> Written {
                static ALL: Place = Place::new(#model, "");
                #places
                #body
            }
        }
    }

    /// A dictionary with known keys.
    fn object_body(&self, plan: &ModelPlan<'_>) -> TokenStream {
        let fields = &plan.model.fields;
        let count = Literal::usize_unsuffixed(fields.len());
        let keys = fields.iter().map(|field| field.name.as_str());
        let all_required = fields.iter().all(|field| !field.optional);
        let first_required = fields.first().is_some_and(|field| !field.optional);
        let bound = fields.iter().enumerate().map(|(number, field)| {
            let value = field_name(number);
            if all_required || field.optional {
                quote!(#value)
            } else {
                quote!(Some(#value))
            }
        });
        let select = if all_required {
            quote!(all)
        } else {
            quote!(some)
        };
        let writes = fields.iter().zip(&plan.fields).enumerate();
        let writes = writes.map(|(number, (field, shape))| {
            let opening = number == 0 && first_required;
            let value = field_name(number);
            let position = Literal::usize_unsuffixed(number);
            let write = self.write(
                shape,
                &At {
                    before: fragment(if opening { b'{' } else { b',' }, &field.name),
                    value: value.clone(),
                    place: quote!(&PLACES[#position]),
                },
            );
            if field.optional {
                quote! {
                    if let Some(#value) = #value {
                        #write?;
                    }
                }
            } else {
                quote!(#write?;)
            }
        });
        let (open, close) = if first_required {
            (quote!(writer.open()?;), quote!(writer.close();))
        } else {
            (
                quote!(let start = writer.open_unsure()?;),
                quote!(writer.close_unsure(start);),
            )
        };
        let (deepen, rise) = stack_charge(fields.len());
        quote! {
            static KEYS: Keys<#count> = Keys::new([#(#keys),*]);
            let Some([#(#bound),*]) = KEYS.#select(value) else {
                return writer.unlike(value, &ALL);
            };
            #open
            #deepen
            #(#writes)*
            #rise
            #close
            Ok(())
        }
    }

    /// An object of a class with fields.
    fn class_body(&self, plan: &ModelPlan<'_>) -> TokenStream {
        let fields = &plan.model.fields;
        let count = Literal::usize_unsuffixed(fields.len());
        let reference = &plan.model.class;
        let names = fields.iter().map(|field| {
            let (name, attribute) = (&field.name, &field.attribute);
            quote!((#name, #attribute))
        });
        let bound = (0..fields.len()).map(field_name);
        let writes = fields.iter().zip(&plan.fields).enumerate();
        let writes = writes.map(|(number, (field, shape))| {
            let position = Literal::usize_unsuffixed(number);
            let write = self.write(
                shape,
                &At {
                    before: fragment(if number == 0 { b'{' } else { b',' }, &field.name),
                    value: field_name(number),
                    place: quote!(&PLACES[#position]),
                },
            );
            quote!(#write?;)
        });
        let (deepen, rise) = stack_charge(fields.len());
        quote! {
            static CLASS: Class<#count> = Class::new(#reference, [#(#names),*]);
            let Some([#(#bound),*]) = CLASS.fields(writer, value)? else {
                return writer.unlike(value, &ALL);
            };
            writer.open()?;
            #deepen
            #(#writes)*
            #rise
            writer.close();
            Ok(())
        }
    }

    /// A named tuple, which is an array in JSON.
    fn array_body(&self, plan: &ModelPlan<'_>) -> TokenStream {
        let places = (0..plan.fields.len()).map(|number| {
            let position = Literal::usize_unsuffixed(number);
            quote!(&PLACES[#position])
        });
        let other = quote!(writer.unlike(value, &ALL));
        self.parts(&plan.fields, places, &other, &quote!())
    }

    /// A response that is not just a model.
    fn response(&self, number: usize, shape: &Shape) -> TokenStream {
        let name = shape_name(number);
        let write = self.write(
            shape,
            &At {
                before: Vec::new(),
                value: format_ident!("value"),
                place: quote!(&PLACE),
            },
        );
        let place = if shape.has_place() {
            quote!(
                static PLACE: Place = Place::new("response", "");
            )
        } else {
            quote!()
        };
        quote! {
            fn #name(writer: &mut Writer<'_>, value: Value<'_>) -> Written {
                #place
                #write
            }
        }
    }

    /// An expression of the type `Written` that writes what stands before a value, and the value.
    fn write(&self, shape: &Shape, at: &At) -> TokenStream {
        let At { value, place, .. } = at;
        let before = Literal::byte_string(&at.before);
        match shape {
            Shape::Any => quote!(writer.any(#before, #value)),
            Shape::Null => quote!(writer.null(#before, #value, #place)),
            Shape::Boolean => quote!(writer.boolean(#before, #value, #place)),
            Shape::Integer => quote!(writer.integer(#before, #value, #place)),
            Shape::Number => quote!(writer.number(#before, #value, #place)),
            Shape::String => quote!(writer.string(#before, #value, #place)),
            Shape::List(item) => {
                let item = self.write(item, &at.item(b","));
                quote!(writer.items(#before, #value, #place, |writer, item| #item))
            }
            Shape::Items(item) => {
                let item = self.write(item, &at.item(b","));
                quote!(writer.tuple_items(#before, #value, #place, |writer, item| #item))
            }
            Shape::Mapping(item) => {
                let item = self.write(item, &at.item(b":"));
                quote!(writer.mapping(#before, #value, #place, |writer, item| #item))
            }
            Shape::Parts(parts) => {
                let places = parts.iter().map(|_| place.clone());
                let put = put(&at.before);
                let other = quote!({
                    #put
                    writer.unlike(value, #place)
                });
                let parts = self.parts(parts, places, &other, &put);
                quote!({
                    let value = #value;
                    #parts
                })
            }
            Shape::Nullable(inner) => {
                let null = Literal::byte_string(&[&at.before[..], b"null"].concat());
                let inner = self.write(inner, at);
                quote! {
                    if #value.is_none() {
                        writer.put(#null);
                        Ok(())
                    } else {
                        #inner
                    }
                }
            }
            Shape::Model(id) => {
                let name = self.name(*id);
                let write = quote!(models::#name(writer, #value));
                if at.before.is_empty() {
                    return write;
                }
                let put = put(&at.before);
                quote!({
                    #put
                    #write
                })
            }
        }
    }

    /// A tuple of known length in `value`; `other` is for what is none.
    fn parts(
        &self,
        shapes: &[Shape],
        places: impl Iterator<Item = TokenStream>,
        other: &TokenStream,
        put: &TokenStream,
    ) -> TokenStream {
        let names: Vec<_> = (0..shapes.len()).map(field_name).collect();
        let writes = shapes.iter().zip(places).enumerate();
        let writes = writes.map(|(number, (shape, place))| {
            let write = self.write(
                shape,
                &At {
                    before: if number == 0 { b"[" } else { b"," }.to_vec(),
                    value: field_name(number),
                    place,
                },
            );
            quote!(#write?;)
        });
        let (deepen, rise) = stack_charge(shapes.len());
        let body = if shapes.is_empty() {
            quote!(writer.put(b"[]");)
        } else {
            quote! {
                writer.open()?;
                #deepen
                #(#writes)*
                #rise
                writer.close_array();
            }
        };
        quote! {
            if let Some([#(#names),*]) = value.parts() {
                #put
                #body
                Ok(())
            } else {
                #other
            }
        }
    }
}

impl Shape {
    /// Whether a value of this shape can be other than declared.
    fn has_place(&self) -> bool {
        match self {
            Self::Any | Self::Model(_) => false,
            Self::Nullable(inner) => inner.has_place(),
            _ => true,
        }
    }
}

/// A key with its quotes and what stands around it: `{"name":`.
fn fragment(before: u8, name: &str) -> Vec<u8> {
    let (mut scratch, mut heap) = (Buffer::uninit(), Vec::new());
    let mut buffer = Buffer::new(&mut scratch, &mut heap, 0);
    buffer.string(&[before], name.as_bytes());
    buffer.put(b":");
    buffer.text().to_vec()
}

fn put(bytes: &[u8]) -> TokenStream {
    if bytes.is_empty() {
        return quote!();
    }
    let bytes = Literal::byte_string(bytes);
    quote!(writer.put(#bytes);)
}

/// What a model with many fields does on its way in and out: its function takes more of the stack, so
/// it counts as several containers within each other.
fn stack_charge(fields: usize) -> (TokenStream, TokenStream) {
    /// Whose functions have been seen to be well within the stack at the greatest depth.
    const FIELDS: usize = 100;
    let levels = fields.saturating_sub(1) / FIELDS;
    if levels == 0 {
        return (TokenStream::new(), TokenStream::new());
    }
    let levels = Literal::u32_unsuffixed(levels as u32);
    (
        quote!(writer.deepen(#levels)?;),
        quote!(writer.rise(#levels);),
    )
}

fn field_name(number: usize) -> Ident {
    format_ident!("field{}", number)
}

fn shape_name(number: usize) -> Ident {
    format_ident!("response{}", number)
}

/// A C string without what cannot be in one.
fn c_string(text: &str) -> Literal {
    Literal::c_string(&CString::new(text.replace('\0', "")).unwrap_or_default())
}
