//! Static paths: a perfect hash to the methods of each path.

use covet_runtime::routing::{NOT_FOUND, PerfectMap, Slot};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

use crate::lower::Statics;

/// `fn may_be_static`, `fn find_static` and their table.
pub(super) fn emit(statics: &Statics) -> TokenStream {
    if statics.ends.is_empty() {
        return quote! {
            /// There are no static paths.
            #[inline]
            fn may_be_static(_path: &[u8]) -> bool {
                false
            }

            /// There are no static paths.
            #[inline]
            fn find_static(_path: &[u8], _method: Method) -> EndpointId {
                NOT_FOUND
            }
        };
    }
    let map = map(&statics.map);
    let ends = statics.ends.iter().map(|ends| {
        let ends = ends.iter().map(|(method, id)| {
            debug_assert_ne!(*id, NOT_FOUND);
            let (method, id) = (
                Literal::u16_unsuffixed(*method),
                Literal::u32_unsuffixed(*id),
            );
            quote!((#method, #id))
        });
        quote!(&[#(#ends),*])
    });
    quote! {
        /// Static paths to positions in `STATIC_ENDS`.
        static STATICS: PerfectMap = #map;

        /// The methods of each static path, and the endpoint of each.
        static STATIC_ENDS: &[&[(Method, EndpointId)]] = &[#(#ends),*];

        #[inline]
        fn may_be_static(path: &[u8]) -> bool {
            STATICS.has_length(path.len())
        }

        #[inline]
        fn find_static(path: &[u8], method: Method) -> EndpointId {
            let ::core::option::Option::Some(position) = STATICS.get(path) else {
                return NOT_FOUND;
            };
            for &(candidate, id) in STATIC_ENDS[position as usize] {
                if candidate == method {
                    return id;
                }
            }
            NOT_FOUND
        }
    }
}

/// A perfect map as a constant expression.
pub(super) fn map(map: &PerfectMap) -> TokenStream {
    let seed = Literal::u64_unsuffixed(map.seed);
    let displacements = map
        .displacements
        .iter()
        .map(|d| Literal::u32_unsuffixed(*d));
    let slots = map.slots.iter().map(|slot| {
        if *slot == Slot::EMPTY {
            return quote!(Slot::EMPTY);
        }
        let [start, length, value] =
            [slot.start, slot.length, slot.value].map(Literal::u32_unsuffixed);
        quote!(Slot::new(#start, #length, #value))
    });
    let keys = Literal::byte_string(&map.keys);
    quote!(PerfectMap::from_static(#seed, &[#(#displacements),*], &[#(#slots),*], #keys))
}
