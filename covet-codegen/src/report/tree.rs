//! Paths by segment, for people: folders of common prefixes.
//!
//! This is the tree that somebody would draw, of paths as they are written. The tree that finds
//! routes is another one: [`covet_runtime::routing::Tree`].

use std::collections::BTreeMap;

/// Paths have at most this many levels; what is left of a longer one is its last segment. Nobody
/// opens more folders than that, and what draws them may recurse.
const MAX_DEPTH: usize = 24;

/// As many rows may be in sight when the page is opened.
const IN_SIGHT: usize = 120;

/// The routes of an app by prefix.
#[derive(Debug, Default)]
pub struct RouteTree {
    /// What stands at the top.
    pub items: Vec<Item>,
}

/// What a folder holds.
#[derive(Debug, PartialEq, Eq)]
pub enum Item {
    /// The position of a route in the table.
    Route(usize),
    /// A prefix of several paths.
    Folder(Folder),
}

/// A prefix that several paths share.
#[derive(Debug, PartialEq, Eq)]
pub struct Folder {
    /// What it adds to the prefix of the folder around it: `/users` or `/api/v1`.
    pub label: String,
    /// The whole prefix.
    pub prefix: String,
    /// Number in the order of the page.
    pub id: usize,
    /// How many routes it holds, those of the folders in it included.
    pub routes: usize,
    /// Whether it is open when the page is.
    pub open: bool,
    /// Routes with this very path, then paths and folders: literal segments by text, then captures.
    pub items: Vec<Item>,
}

/// A prefix while paths are entered.
#[derive(Debug, Default)]
struct Node<'a> {
    /// Routes with this very path.
    routes: Vec<usize>,
    /// By segment, and whether it holds a capture, which puts it behind the others.
    children: BTreeMap<(bool, &'a str), Node<'a>>,
}

impl RouteTree {
    /// Arranges `paths`; the position of each is its route.
    pub fn new<'a>(paths: impl IntoIterator<Item = &'a str>) -> Self {
        let mut root = Node::default();
        for (route, path) in paths.into_iter().enumerate() {
            let mut node = &mut root;
            for segment in path.splitn(MAX_DEPTH, '/') {
                let key = (segment.contains(['{', '<']), segment);
                node = node.children.entry(key).or_default();
            }
            node.routes.push(route);
        }
        let mut items = Vec::new();
        for ((_, segment), node) in root.children {
            // Nearly all paths are below the empty segment in front of the first slash.
            if segment.is_empty() {
                contents(node, "", &mut items);
            } else {
                place(node, segment.to_owned(), "", &mut items);
            }
        }
        let mut tree = Self { items };
        number(&mut tree.items, &mut 0);
        tree.open();
        tree
    }

    /// The folders that divide the routes: those at the top, or, as long as everything is in a
    /// single folder, those inside of it.
    pub fn prefixes(&self) -> Vec<&Folder> {
        let mut items = &self.items;
        while let [Item::Folder(only)] = items.as_slice() {
            items = &only.items;
        }
        let folders = items.iter().filter_map(|item| match item {
            Item::Folder(folder) => Some(folder),
            Item::Route(_) => None,
        });
        folders.collect()
    }

    /// Opens folders, a level at a time, as long as not too much comes in sight.
    fn open(&mut self) {
        let mut in_sight = self.items.len();
        let mut level = folders(&mut self.items);
        while !level.is_empty() {
            in_sight += level.iter().map(|folder| folder.items.len()).sum::<usize>();
            if in_sight > IN_SIGHT {
                break;
            }
            level = level
                .into_iter()
                .flat_map(|folder| {
                    folder.open = true;
                    folders(&mut folder.items)
                })
                .collect();
        }
    }
}

/// The folders among `items`.
fn folders(items: &mut [Item]) -> Vec<&mut Folder> {
    let folders = items.iter_mut().filter_map(|item| match item {
        Item::Folder(folder) => Some(folder),
        Item::Route(_) => None,
    });
    folders.collect()
}

/// Puts what stands at and below `node` into `items`.
fn contents(node: Node<'_>, prefix: &str, items: &mut Vec<Item>) {
    items.extend(node.routes.into_iter().map(Item::Route));
    for ((_, segment), child) in node.children {
        place(child, format!("/{segment}"), prefix, items);
    }
}

/// Puts `node` into `items`: as a folder, or as the routes of the only path that there is.
fn place(mut node: Node<'_>, mut label: String, prefix: &str, items: &mut Vec<Item>) {
    while node.routes.is_empty() && node.children.len() == 1 {
        let ((_, segment), child) = node.children.pop_first().expect("there is one");
        label.push('/');
        label.push_str(segment);
        node = child;
    }
    if node.children.is_empty() {
        items.extend(node.routes.into_iter().map(Item::Route));
        return;
    }
    let prefix = format!("{prefix}{label}");
    let mut inside = Vec::new();
    contents(node, &prefix, &mut inside);
    items.push(Item::Folder(Folder {
        label,
        prefix,
        id: 0,
        routes: inside.iter().map(Item::routes).sum(),
        open: false,
        items: inside,
    }));
}

impl Item {
    fn routes(&self) -> usize {
        match self {
            Self::Route(_) => 1,
            Self::Folder(folder) => folder.routes,
        }
    }
}

fn number(items: &mut [Item], next: &mut usize) {
    for item in items {
        if let Item::Folder(folder) = item {
            folder.id = *next;
            *next += 1;
            number(&mut folder.items, next);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree as lines: `+` is an open folder, `-` a closed one.
    fn drawn(paths: &[&str]) -> String {
        fn draw(items: &[Item], paths: &[&str], depth: usize, lines: &mut Vec<String>) {
            for item in items {
                let line = match item {
                    Item::Route(route) => paths[*route].to_owned(),
                    Item::Folder(folder) => format!(
                        "{}{} {}",
                        if folder.open { '+' } else { '-' },
                        folder.label,
                        folder.routes
                    ),
                };
                lines.push(format!("{}{line}", "  ".repeat(depth)));
                if let Item::Folder(folder) = item {
                    assert!(folder.prefix.ends_with(&folder.label));
                    draw(&folder.items, paths, depth + 1, lines);
                }
            }
        }
        let mut lines = Vec::new();
        draw(
            &RouteTree::new(paths.iter().copied()).items,
            paths,
            0,
            &mut lines,
        );
        lines.join("\n")
    }

    #[test]
    fn prefixes_of_several_paths_are_folders() {
        let tree = drawn(&[
            "/users/{id}",
            "/",
            "/users",
            "/users/me",
            "/users/{id}/posts/all",
            "/health",
            "/users",
        ]);
        let expected = "\
/
/health
+/users 5
  /users
  /users
  /users/me
  +/{id} 2
    /users/{id}
    /users/{id}/posts/all";
        assert_eq!(tree, expected);
    }

    #[test]
    fn a_prefix_that_divides_nothing_is_no_folder_of_its_own() {
        let tree = drawn(&["/api/v1/a", "/api/v1/b/c/d", "^/x/{y}", "//a", "//b", ""]);
        let expected = "
+/ 2
  //a
  //b
+/api/v1 2
  /api/v1/a
  /api/v1/b/c/d
^/x/{y}";
        assert_eq!(tree, expected);
    }

    #[test]
    fn as_many_levels_are_open_as_are_seen_at_once() {
        let open = |folders: usize, routes: usize| {
            let paths: Vec<_> = (0..folders)
                .flat_map(|a| (0..routes).map(move |b| format!("/api/{a:02}/{b}")))
                .collect();
            let tree = RouteTree::new(paths.iter().map(String::as_str));
            assert_eq!(tree.prefixes().len(), folders);
            let [Item::Folder(api)] = tree.items.as_slice() else {
                panic!("{:?}", tree.items)
            };
            let open = |item: &&Item| matches!(item, Item::Folder(folder) if folder.open);
            (api.open, api.items.iter().filter(open).count())
        };
        assert_eq!(open(9, 10), (true, 9));
        assert_eq!(open(40, 10), (true, 0));
        assert_eq!(open(150, 10), (false, 0));
    }

    #[test]
    fn depth_is_limited() {
        let paths: Vec<_> = (1..3000).map(|n| "/a".repeat(n)).collect();
        let tree = RouteTree::new(paths.iter().map(String::as_str));
        let mut depth = 0;
        let mut items = &tree.items;
        while let Some(Item::Folder(folder)) = items.last() {
            depth += 1;
            items = &folder.items;
        }
        assert!(depth < MAX_DEPTH, "{depth}");
    }
}
