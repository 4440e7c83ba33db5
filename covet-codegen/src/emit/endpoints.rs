//! The endpoint table: one documented constant expression for each endpoint.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use covet_runtime::routing::Element;
use covet_runtime::routing::pattern::Compiled;

use super::{doc, shown};
use crate::lower::{EndpointPlan, Extraction};

/// `static ENDPOINTS`.
pub(super) fn emit(endpoints: &[EndpointPlan<'_>]) -> TokenStream {
    let rows = endpoints.iter().map(row);
    quote! {
        /// Every endpoint; the position is the id.
        #[allow(unused_doc_comments, reason = "each row says which handler it leads to")]
        pub static ENDPOINTS: &[Endpoint] = &[#(#rows),*];
    }
}

fn row(plan: &EndpointPlan<'_>) -> TokenStream {
    let title = doc(title(plan));
    let method = plan.endpoint.method;
    let path = plan.endpoint.route.declared.path.as_str();
    let row = match &plan.extraction {
        Extraction::Nothing => quote!(Endpoint::fixed(#method, #path)),
        Extraction::Segments(captures) => {
            let captures = captures.iter().map(|(name, level)| {
                let level = Literal::u32_unsuffixed(*level);
                quote!(Capture::new(#name, #level))
            });
            quote!(Endpoint::segments(#method, #path, const { &[#(#captures),*] }))
        }
        Extraction::Program(compiled) => {
            let program = program(compiled);
            let names = &compiled.names;
            quote! {
                Endpoint::program(
                    #method,
                    #path,
                    #program,
                    const { &[#(::std::borrow::Cow::Borrowed(#names)),*] },
                )
            }
        }
        Extraction::Regex(regex) => {
            let source = &regex.source;
            quote!(Endpoint::regex(#method, #path, #source))
        }
    };
    quote! {
        #[doc = #title]
        #row
    }
}

/// `GET /users/{user_id} → app.py:42 get_user`.
fn title(plan: &EndpointPlan<'_>) -> String {
    let route = plan.endpoint.route;
    let place = match &route.source {
        Some(source) => {
            let line = source
                .line
                .map(|line| format!(":{line}"))
                .unwrap_or_default();
            let name = source.name.as_deref().unwrap_or(&route.declared.handler);
            format!("{}{line} {}", shown(&source.file), shown(name))
        }
        None => shown(&route.declared.handler),
    };
    let how = match &plan.extraction {
        Extraction::Regex(regex) => format!(" (Python's `re`: {})", shown(&regex.reason)),
        _ => String::new(),
    };
    format!(
        "{} {} → {place}{how}",
        shown(plan.endpoint.method),
        shown(&route.declared.path)
    )
}

fn program(compiled: &Compiled) -> TokenStream {
    let elements = compiled
        .program
        .elements()
        .iter()
        .map(|element| match element {
            Element::Literal(text) => quote!(Element::literal(#text)),
            Element::AnyCharacter => quote!(Element::AnyCharacter),
            Element::Capture => quote!(Element::Capture),
        });
    quote!(Program::from_static(const { &[#(#elements),*] }))
}
