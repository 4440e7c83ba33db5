//! The segment tree as code: one function for each node that has children.
//!
//! A function consumes one segment (or a run of literal segments that nothing branches from) and
//! calls the next. Which form a node's dispatch takes depends on its number of literal children:
//! a few are compared in turn, which the compiler turns into a switch on the length; more go
//! through a perfect hash to an array of functions, so that no function grows with the route
//! table.

use std::fmt::Write as _;

use covet_runtime::routing::tree::{Candidate, Node, NodeId};
use covet_runtime::routing::{EndpointId, Method, NOT_FOUND, PerfectMap, Tree};
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use super::{bytes, doc, method, shown, statics};

/// Which form the dispatch of a node takes, by its number of literal children.
#[derive(Clone, Copy, Debug)]
pub struct Dispatch {
    /// Up to here a chain of comparisons, above a perfect hash and an array of functions.
    pub narrow: usize,
}

impl Default for Dispatch {
    /// `cargo bench -p covet-benches --bench dispatch` puts the two level at about a hundred; half
    /// of that keeps functions small at no cost.
    fn default() -> Self {
        Self { narrow: 50 }
    }
}

/// `fn find_dynamic` and the functions below it.
pub(super) fn emit(tree: &Tree, methods: &[&str], dispatch: Dispatch) -> TokenStream {
    let emitter = Emitter {
        tree,
        methods,
        dispatch,
        lowest: tree.lowest_ids(),
    };
    if is_leaf(&tree.nodes[0]) {
        return quote! {
            /// There are no dynamic paths.
            #[inline]
            fn find_dynamic(_path: &Path<'_>, _method: Method) -> EndpointId {
                NOT_FOUND
            }
        };
    }
    let mut functions = Vec::new();
    emitter.function(0, &mut String::new(), &mut functions);
    let scan = (!emitter.begins_alike()).then(|| quote!(path.scan();));
    quote! {
        #[inline]
        fn find_dynamic(path: &Path<'_>, method: Method) -> EndpointId {
            #scan
            node_0(path, 0, method)
        }

        #(#functions)*
    }
}

struct Emitter<'a> {
    tree: &'a Tree,
    methods: &'a [&'a str],
    dispatch: Dispatch,
    lowest: Vec<EndpointId>,
}

/// A node is a leaf when paths can only end there.
fn is_leaf(node: &Node) -> bool {
    node.literals.is_empty() && node.capture.is_none()
}

impl Emitter<'_> {
    /// The function of `node`, an inner node, and those below it. `prefix` is the path so far.
    fn function(&self, node: NodeId, prefix: &mut String, functions: &mut Vec<TokenStream>) {
        let name = function_name(node);
        let title = doc(format!("Behind `{}`.", shown(prefix)));
        let here = &self.tree.nodes[node];
        let (run, last) = self.run(node);
        let body = if run.is_empty() {
            self.branch(here)
        } else {
            self.skip(&run, last, node == 0)
        };
        let (table, body) = body;
        functions.push(quote! {
            #table

            #[doc = #title]
            fn #name(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
                #body
            }
        });

        let length = prefix.len();
        let descend = |run: &str, child: NodeId, prefix: &mut String, functions: &mut Vec<_>| {
            if !is_leaf(&self.tree.nodes[child]) {
                let _ = write!(prefix, "{run}/");
                self.function(child, prefix, functions);
                prefix.truncate(length);
            }
        };
        if !run.is_empty() {
            return descend(&run, last, prefix, functions);
        }
        for (text, child) in &here.literals {
            descend(text, *child, prefix, functions);
        }
        if let Some(child) = here.capture {
            descend("{}", child, prefix, functions);
        }
    }

    /// The literal segments that must follow `node` because nothing branches or ends before them,
    /// joined by slashes, and the node behind them.
    fn run(&self, mut node: NodeId) -> (String, NodeId) {
        let mut run = Vec::new();
        loop {
            let here = &self.tree.nodes[node];
            let mut literals = here.literals.iter();
            match (literals.next(), literals.next(), here.capture) {
                (Some((text, child)), None, None) if run.is_empty() || here.ends.is_empty() => {
                    run.push(text.as_str());
                    node = *child;
                }
                _ => return (run.join("/"), node),
            }
        }
    }

    /// Whether all paths begin with a run of literal segments and go on behind it. Then a request
    /// that begins otherwise is refused before its slashes are looked for.
    fn begins_alike(&self) -> bool {
        let (run, last) = self.run(0);
        !run.is_empty() && self.goes_on(last)
    }

    /// Whether paths can only go on behind `node`.
    fn goes_on(&self, node: NodeId) -> bool {
        let node = &self.tree.nodes[node];
        !is_leaf(node) && node.ends.is_empty()
    }

    /// A run of literal segments: one comparison instead of a search for slashes.
    fn skip(&self, run: &str, last: NodeId, first: bool) -> (TokenStream, TokenStream) {
        let node = &self.tree.nodes[last];
        let length = Literal::usize_unsuffixed(run.len());
        let literal = bytes(run);
        let arrive = self.arrive(last);
        let body = if is_leaf(node) {
            let ends = self.ends(node);
            quote! {
                if path.bytes()[at..] != *#literal {
                    return NOT_FOUND;
                }
                #ends
            }
        } else if self.goes_on(last) {
            // The slash behind the run is part of the comparison.
            let with_slash = bytes(&format!("{run}/"));
            let length = Literal::usize_unsuffixed(run.len() + 1);
            let next = function_name(last);
            let scan = first.then(|| quote!(path.scan();));
            quote! {
                if !path.bytes()[at..].starts_with(#with_slash) {
                    return NOT_FOUND;
                }
                #scan
                #next(path, at + #length, method)
            }
        } else {
            quote! {
                let end = at + #length;
                if !path.bytes()[at..].starts_with(#literal) || path.segment_end(end) != end {
                    return NOT_FOUND;
                }
                #arrive
            }
        };
        (TokenStream::new(), body)
    }

    /// A node with several ways on.
    fn branch(&self, node: &Node) -> (TokenStream, TokenStream) {
        let (table, literal) = self.literals(node);
        let capture = node.capture.map(|child| {
            let arrive = self.arrive(child);
            // Nothing that is found is lower than 0, and rustc warns of the question.
            let settled = match self.lowest[child] {
                0 => quote!(end == at),
                lowest => {
                    let lowest = Literal::u32_unsuffixed(lowest);
                    quote!(found < #lowest || end == at)
                }
            };
            (arrive, settled)
        });
        let segment = quote! {
            let end = path.segment_end(at);
        };
        let body = match (node.literals.is_empty(), capture) {
            (true, Some((arrive, _))) => quote! {
                #segment
                if end == at {
                    return NOT_FOUND;
                }
                #arrive
            },
            (false, Some((arrive, settled))) => quote! {
                #segment
                let found = #literal;
                if #settled {
                    return found;
                }
                let captured = #arrive;
                found.min(captured)
            },
            (_, None) => quote! {
                #segment
                #literal
            },
        };
        (table, body)
    }

    /// The literal children of `node`, as an expression in `path`, `at`, `end` and `method`; and
    /// the table it needs, if any.
    fn literals(&self, node: &Node) -> (TokenStream, TokenStream) {
        let children: Vec<_> = node.literals.iter().collect();
        if children.len() <= self.dispatch.narrow {
            let arms = children.iter().map(|(text, child)| {
                let (text, arrive) = (bytes(text), self.arrive(**child));
                quote!(#text => #arrive)
            });
            let chain = quote! {
                match &path.bytes()[at..end] {
                    #(#arms,)*
                    _ => NOT_FOUND,
                }
            };
            return (TokenStream::new(), chain);
        }
        let keys: Vec<_> = (0..)
            .zip(&children)
            .map(|(index, (text, _))| (text.as_bytes(), index))
            .collect();
        let map = statics::map(&PerfectMap::build(&keys));
        let table_name = format_ident!("SEGMENTS_BEFORE_{}", children[0].1);
        let table = quote!(static #table_name: PerfectMap = #map;);
        let arrivals: Vec<_> = children
            .iter()
            .map(|(_, child)| self.arrive(**child))
            .collect();
        let array_name = format_ident!("CHILDREN_FROM_{}", children[0].1);
        let count = Literal::usize_unsuffixed(children.len());
        let expression = quote! {
            match #table_name.get(&path.bytes()[at..end]) {
                ::core::option::Option::Some(child) => {
                    #array_name[child as usize](path, end, method)
                }
                ::core::option::Option::None => NOT_FOUND,
            }
        };
        let table = quote! {
            #table

            static #array_name: [fn(&Path<'_>, usize, Method) -> EndpointId; #count] = [
                #(|path, end, method| #arrivals),*
            ];
        };
        (table, expression)
    }

    /// What happens when a segment that leads to `node` has been consumed up to `end`.
    fn arrive(&self, node: NodeId) -> TokenStream {
        let here = &self.tree.nodes[node];
        let ends = self.ends(here);
        let next = function_name(node);
        match (is_leaf(here), here.ends.is_empty()) {
            (true, _) => quote!(if end == path.len() { #ends } else { NOT_FOUND }),
            (false, true) => quote! {
                if end == path.len() { NOT_FOUND } else { #next(path, end + 1, method) }
            },
            (false, false) => quote! {
                if end == path.len() { #ends } else { #next(path, end + 1, method) }
            },
        }
    }

    /// The endpoint of a path that ends at `node`.
    fn ends(&self, node: &Node) -> TokenStream {
        let mut ends = node.ends.iter();
        if let (Some((only, candidates)), None) = (ends.next(), ends.next()) {
            let name = self.method(*only);
            let found = confirm(candidates);
            return quote!(if method == method::#name { #found } else { NOT_FOUND });
        }
        let arms = node.ends.iter().map(|(number, candidates)| {
            let (name, found) = (self.method(*number), confirm(candidates));
            quote!(method::#name => #found)
        });
        quote! {
            match method {
                #(#arms,)*
                _ => NOT_FOUND,
            }
        }
    }

    fn method(&self, number: Method) -> Ident {
        method::name(self.methods, usize::from(number))
    }
}

/// The first candidate that has no guard or whose guard confirms.
fn confirm(candidates: &[Candidate]) -> TokenStream {
    candidates
        .iter()
        .rev()
        .fold(quote!(NOT_FOUND), |otherwise, candidate| {
            debug_assert_ne!(candidate.id, NOT_FOUND);
            let id = Literal::u32_unsuffixed(candidate.id);
            if candidate.guarded {
                quote!(if ENDPOINTS[#id].confirms(path.bytes()) { #id } else { #otherwise })
            } else {
                quote!(#id)
            }
        })
}

fn function_name(node: NodeId) -> Ident {
    format_ident!("node_{}", node)
}
