//! Plans to Rust.
//!
//! Each function takes a plan and returns one token stream; this module puts them into files.
//! Whatever comes from the user's table reaches the tokens as a literal made by
//! [`proc_macro2::Literal`] or as text inside a doc attribute, never as source text, so that no
//! route can be more than data.

mod endpoints;
mod fields;
mod method;
mod responses;
mod statics;
mod tree;

pub use responses::responses;
pub use tree::Dispatch;

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use crate::lower::Plan;
use crate::model::App;

/// The text of `src/routes.rs` of the generated crate: the endpoints and the code that finds them.
pub fn routes(app: &App, plan: &Plan<'_>) -> String {
    routes_with(app, plan, Dispatch::default())
}

/// The same with other thresholds, which is how the benchmarks find good ones.
pub fn routes_with(app: &App, plan: &Plan<'_>, dispatch: Dispatch) -> String {
    let methods = method::emit(&plan.methods);
    let endpoints = endpoints::emit(&plan.endpoints);
    let fields = fields::emit(app, &plan.endpoints);
    let statics = statics::emit(&plan.statics);
    let tree = tree::emit(&plan.tree, &plan.methods, dispatch);
    let handlers = plan
        .endpoints
        .iter()
        .map(|plan| &plan.endpoint.route.declared.handler);
    let title = doc(format!("The routes of `{}`, compiled.", app.name));
    print(quote! {
        #![doc = #title]

        use ::covet_runtime::routing::*;

        /// The route table. It holds nothing: everything about it is code and constants.
        pub struct App;

        impl Routes for App {
            fn endpoints(&self) -> &[Endpoint] {
                ENDPOINTS
            }

            #[inline]
            fn method(&self, name: &[u8]) -> ::core::option::Option<Method> {
                method::number(name)
            }

            #[inline]
            fn may_be_static(&self, path: &[u8]) -> bool {
                may_be_static(path)
            }

            #[inline]
            fn find_static(&self, path: &[u8], method: Method) -> EndpointId {
                find_static(path, method)
            }

            #[inline]
            fn find_dynamic(&self, path: &Path<'_>, method: Method) -> EndpointId {
                find_dynamic(path, method)
            }
        }

        #fields
        #methods
        #endpoints

        /// The handler of each endpoint, `module:qualname`, by id.
        pub static HANDLERS: &[&str] = &[#(#handlers),*];

        #statics
        #tree
    })
}

/// Formats a file, with an empty line between its items. The tokens always parse: they come from
/// `quote!` alone.
fn print(tokens: TokenStream) -> String {
    let mut file: syn::File = syn::parse2(tokens).expect("emitted tokens are a Rust file");
    let items = std::mem::take(&mut file.items);
    let head = prettyplease::unparse(&file);
    file.attrs.clear();
    let items = items.into_iter().map(|item| {
        file.items = vec![item];
        prettyplease::unparse(&file)
    });
    std::iter::once(head)
        .chain(items)
        .collect::<Vec<_>>()
        .join("\n")
}

/// Text for a doc attribute. The leading space is what `///` would have; a line break would turn
/// the attribute into a block whose layout follows the user's text, so there is none.
fn doc(text: impl AsRef<str>) -> String {
    format!(" {}", text.as_ref().replace(['\n', '\r'], " "))
}

fn bytes(text: &str) -> Literal {
    Literal::byte_string(text.as_bytes())
}

/// A path as it is shown in docs: unprintable characters escaped, shortened to a line.
fn shown(path: &str) -> String {
    const LINE: usize = 80;
    let escaped: String = path.escape_debug().take(LINE).collect();
    if path.escape_debug().count() > LINE {
        format!("{escaped}…")
    } else {
        escaped
    }
}
