//! What a reader of requests has to know of the app: names of fields, and limits.

use covet_runtime::http::{FieldId, FieldNames};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::doc;
use crate::lower::EndpointPlan;
use crate::model::App;

/// The implementation of `covet_runtime::http::App` and its tables.
pub(super) fn emit(app: &App, endpoints: &[EndpointPlan<'_>]) -> TokenStream {
    let read: Vec<_> = endpoints.iter().map(fields_read).collect();
    let names = FieldNames::build(&read.concat());
    let (table, field_names) = field_names(&names);
    let (rows, fields_read) = rows(&names, &read);
    let body_limit = body_limit(app.limits.max_body_size);
    let tables = if table.is_empty() && rows.is_empty() {
        quote!()
    } else {
        quote! {
            /// Names of fields, as numbers.
            mod fields {
                use ::covet_runtime::http::*;

                #table
                #rows
            }
        }
    };
    quote! {
        impl ::covet_runtime::http::App for App {
            #field_names
            #body_limit
            #fields_read
        }

        #tables
    }
}

fn fields_read<'a>(plan: &EndpointPlan<'a>) -> Vec<&'a str> {
    let headers = &plan.endpoint.route.declared.headers;
    headers.iter().map(String::as_str).collect()
}

/// The table of names, when the common one lacks a name that is read.
fn field_names(names: &FieldNames) -> (TokenStream, TokenStream) {
    let common = FieldNames::common().len();
    if names.len() == common {
        return (quote!(), quote!());
    }
    let seed = Literal::u64_unsuffixed(names.seed());
    let count = Literal::usize_unsuffixed(names.slots());
    let others = names.others().iter().map(|id| Literal::u16_unsuffixed(*id));
    let all = (0..names.len()).filter_map(|id| names.name(FieldId(id as u16)));
    let own: Vec<_> = all.clone().skip(common).collect();
    let title = doc(format!(
        "The common field names and those that only this app reads: {}.",
        own.join(", ")
    ));
    let table = quote! {
        #[doc = #title]
        pub static NAMES: FieldNames = {
            const SEED: u64 = #seed;
            static SLOTS: [u16; #count] = slots(SEED, ENTRIES, OTHERS);
            static ENTRIES: &[Entry] = &[#(Entry::new(#all)),*];
            static OTHERS: &[u16] = &[#(#others),*];
            FieldNames::from_static(SEED, &SLOTS, ENTRIES, OTHERS)
        };
    };
    let function = quote! {
        fn field_names(&self) -> &::covet_runtime::http::FieldNames {
            &fields::NAMES
        }
    };
    (table, function)
}

/// What each endpoint reads, when any of them reads anything.
fn rows(names: &FieldNames, read: &[Vec<&str>]) -> (TokenStream, TokenStream) {
    if read.iter().all(Vec::is_empty) {
        return (quote!(), quote!());
    }
    let rows = read.iter().map(|fields| {
        let ids = fields.iter().map(|name| names.find(name.as_bytes()));
        let ids = ids.filter(|id| *id != FieldId::NONE);
        let ids = ids.map(|FieldId(id)| {
            let id = Literal::u16_unsuffixed(id);
            quote!(FieldId(#id))
        });
        quote!(&[#(#ids),*])
    });
    let table = quote! {
        /// The fields that the handler of each endpoint is seen to read, by id.
        pub static READ: &[&[FieldId]] = &[#(#rows),*];
    };
    let function = quote! {
        fn fields_read(&self, endpoint: EndpointId) -> &[::covet_runtime::http::FieldId] {
            fields::READ.get(endpoint as usize).copied().unwrap_or_default()
        }
    };
    (table, function)
}

/// The framework counts the bodies of all methods but three, and 0 means that it counts none.
fn body_limit(max_body_size: u64) -> TokenStream {
    if max_body_size == 0 {
        return quote!();
    }
    let limit = Literal::u64_unsuffixed(max_body_size);
    quote! {
        fn body_limit(&self, endpoint: EndpointId) -> ::core::option::Option<u64> {
            match ENDPOINTS.get(endpoint as usize)?.method.as_ref() {
                "GET" | "HEAD" | "OPTIONS" => ::core::option::Option::None,
                _ => ::core::option::Option::Some(#limit),
            }
        }
    }
}
