//! The methods of a table as numbered constants.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote};

use super::{bytes, doc, shown};

/// `mod method`: one constant for each method, and the function that recognises them.
pub(super) fn emit(methods: &[&str]) -> TokenStream {
    let constants = methods.iter().enumerate().map(|(number, method)| {
        let name = name(methods, number);
        let number = Literal::usize_unsuffixed(number);
        let title = doc(format!("`{}`", shown(method)));
        quote! {
            #[doc = #title]
            pub const #name: Method = #number;
        }
    });
    let arms = methods.iter().enumerate().map(|(number, method)| {
        let (name, method) = (name(methods, number), bytes(method));
        quote!(#method => #name,)
    });
    quote! {
        /// The methods that some endpoint has.
        mod method {
            use super::Method;

            #(#constants)*

            /// The number of the method `name`.
            #[inline]
            pub fn number(name: &[u8]) -> ::core::option::Option<Method> {
                let number = match name {
                    #(#arms)*
                    _ => return ::core::option::Option::None,
                };
                ::core::option::Option::Some(number)
            }
        }
    }
}

/// The constant of a method: its own name when that is a plain upper-case word.
pub(super) fn name(methods: &[&str], number: usize) -> Ident {
    let method = methods[number];
    if !method.is_empty() && method.len() <= 32 && method.bytes().all(|b| b.is_ascii_uppercase()) {
        Ident::new(method, Span::call_site())
    } else {
        format_ident!("METHOD_{}", number)
    }
}
