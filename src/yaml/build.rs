//! Builds a document's tree from its events: places keys and values, expands aliases, merges `<<`.
//!
//! The rules are go-yaml v2's and those of its conversion to JSON, as Helm uses both. No recursion: the depth of
//! a document costs no call stack.

use std::collections::HashSet;
use std::sync::Arc;

use indexmap::map::Entry;

use super::read::{DuplicateKey, Item, Kind, Options};
use super::resolve::{is_merge, key_text, value};
use super::{Map, Node, Place, ReadError, Value};

/// What all documents of a text may still use up.
pub(super) struct Budget {
    options: Options,
    /// What was found on the way.
    pub(super) duplicate_keys: Vec<DuplicateKey>,
    nodes: usize,
    /// Of the current document, by which go-yaml's guard goes.
    document_nodes: usize,
    aliased_nodes: usize,
    aliased_bytes: usize,
}

impl Budget {
    pub(super) fn new(options: Options) -> Self {
        let duplicate_keys = Vec::new();
        Self { options, duplicate_keys, nodes: 0, document_nodes: 0, aliased_nodes: 0, aliased_bytes: 0 }
    }
}

/// A collection being built, or an alias being expanded.
enum Frame {
    Seq(Vec<Node>, Place),
    /// The pending key, with its place; the mapping's place; the keys that came by a merge.
    Map(Map, Option<(String, Place)>, Place, HashSet<String>),
    /// What comes of it is merged into the mapping below, where the list's last mapping must come first.
    Merge,
    MergeList(Vec<usize>, usize),
    /// Where to go on.
    Alias(usize),
}

struct Builder<'a> {
    source: &'a Arc<str>,
    items: &'a [Item<'a>],
    budget: &'a mut Budget,
    stack: Vec<Frame>,
    depth: usize,
    aliases: usize,
    at: usize,
}

/// The document's tree.
pub(super) fn build(source: &Arc<str>, items: &[Item<'_>], budget: &mut Budget) -> Result<Node, ReadError> {
    budget.document_nodes = 0;
    budget.aliased_nodes = 0;
    let mut builder = Builder { source, items, budget, stack: Vec::new(), depth: 0, aliases: 0, at: 0 };
    builder.run()
}

impl Builder<'_> {
    fn run(&mut self) -> Result<Node, ReadError> {
        loop {
            let Some(item) = self.items.get(self.at) else {
                // A document without content has one empty scalar, so this is never reached.
                return Ok(Node::new(Value::Null, Place::whole(Arc::clone(self.source))));
            };
            if !matches!(item.kind, Kind::End) && matches!(self.stack.last(), Some(Frame::Map(_, None, ..))) {
                self.key(item)?;
                continue;
            }
            let place = self.place(item);
            if !matches!(item.kind, Kind::End) {
                self.count(&place)?;
            }
            self.at += 1;
            let done = match &item.kind {
                Kind::Seq => {
                    self.open(&place)?;
                    self.stack.push(Frame::Seq(Vec::new(), place));
                    None
                }
                Kind::Map => {
                    self.open(&place)?;
                    self.stack.push(Frame::Map(Map::new(), None, place, HashSet::new()));
                    None
                }
                Kind::Alias(target) => {
                    self.stack.push(Frame::Alias(self.at));
                    self.aliases += 1;
                    self.at = *target;
                    None
                }
                Kind::Scalar { text, plain, tag } => {
                    if self.aliases > 0 {
                        self.budget.aliased_bytes += text.len();
                        if self.budget.aliased_bytes > self.budget.options.limits.max_bytes {
                            return Err(ReadError::ExcessiveAliasing { place });
                        }
                    }
                    Some(Node::new(
                        value(text, *plain, tag.as_deref(), &place, self.budget.options.exact_integers)?,
                        place,
                    ))
                }
                Kind::End => self.close(),
            };
            if let Some(node) = done
                && let Some(root) = self.finish(node)
            {
                return Ok(root);
            }
        }
    }

    fn place(&self, item: &Item<'_>) -> Place {
        Place { source: Arc::clone(self.source), line: item.line, column: item.column }
    }

    fn open(&mut self, place: &Place) -> Result<(), ReadError> {
        self.depth += 1;
        let limit = self.budget.options.limits.max_depth;
        if self.depth > limit {
            return Err(ReadError::TooDeep { place: place.clone(), limit });
        }
        Ok(())
    }

    fn close(&mut self) -> Option<Node> {
        self.depth = self.depth.saturating_sub(1);
        match self.stack.pop()? {
            Frame::Seq(items, place) => Some(Node::new(Value::Seq(items), place)),
            Frame::Map(map, _, place, _) => Some(Node::new(Value::Map(map), place)),
            Frame::Merge | Frame::MergeList(..) | Frame::Alias(_) => None,
        }
    }

    /// go-yaml's guard: how much of the document may come from aliases.
    #[allow(clippy::cast_precision_loss, reason = "counts far below 2^53")]
    fn count(&mut self, place: &Place) -> Result<(), ReadError> {
        let budget = &mut *self.budget;
        budget.nodes += 1;
        budget.document_nodes += 1;
        if budget.nodes > budget.options.limits.max_nodes {
            return Err(ReadError::TooManyNodes {
                place: place.clone(),
                limit: budget.options.limits.max_nodes,
            });
        }
        if self.aliases == 0 {
            return Ok(());
        }
        budget.aliased_nodes += 1;
        let (aliased, all) = (budget.aliased_nodes as f64, budget.document_nodes as f64);
        // 99% up to 400,000 values, then falling to 10% at 4,000,000.
        let allowed = (0.99 - 0.89 * ((all - 400_000.0) / 3_600_000.0).max(0.0)).max(0.1);
        if budget.aliased_nodes > 100 && budget.document_nodes > 1000 && aliased / all > allowed {
            return Err(ReadError::ExcessiveAliasing { place: place.clone() });
        }
        Ok(())
    }

    /// Give a finished node to what it belongs to. Returns the root.
    fn finish(&mut self, mut node: Node) -> Option<Node> {
        loop {
            match self.stack.last_mut() {
                None => return Some(node),
                Some(Frame::Seq(items, _)) => {
                    items.push(node);
                    return None;
                }
                Some(Frame::Map(map, key, _, merged)) => {
                    if let Some((key, place)) = key.take() {
                        node.place = place.clone();
                        match map.entry(key) {
                            Entry::Vacant(entry) => {
                                entry.insert(node);
                            }
                            Entry::Occupied(mut entry) => {
                                let before = entry.insert(node).place;
                                // A repeated mapping is told where it stands, not where it is repeated.
                                if self.aliases == 0 && !merged.remove(entry.key()) {
                                    let key = entry.key().clone();
                                    self.budget.duplicate_keys.push(DuplicateKey { key, place, before });
                                }
                            }
                        }
                    }
                    return None;
                }
                Some(Frame::Alias(resume)) => {
                    self.at = *resume;
                    self.aliases -= 1;
                    self.stack.pop();
                }
                Some(Frame::Merge) => {
                    self.stack.pop();
                    self.merge(node);
                    return None;
                }
                Some(Frame::MergeList(rest, after)) => {
                    if let Some(next) = rest.pop() {
                        self.at = next;
                    } else {
                        self.at = *after;
                        self.stack.pop();
                        self.merge(node);
                        return None;
                    }
                    self.merge(node);
                    return None;
                }
            }
        }
    }

    /// Merge into the mapping on the stack. Helm's reader goes strictly in order: a merge replaces what came
    /// before it in the same mapping.
    fn merge(&mut self, node: Node) {
        let below = self.stack.iter_mut().rev().find_map(|frame| match frame {
            Frame::Map(map, _, _, merged) => Some((map, merged)),
            _ => None,
        });
        if let (Some((into, merged)), Value::Map(from)) = (below, node.value) {
            merged.extend(from.keys().cloned());
            into.extend(from);
        }
    }

    /// The key at the current item: sets the pending key, or prepares the merge of its value.
    fn key(&mut self, item: &Item<'_>) -> Result<(), ReadError> {
        let place = self.place(item);
        let scalar = match &item.kind {
            Kind::Alias(target) => {
                self.count(&place)?;
                self.items.get(*target).map(|target| &target.kind)
            }
            kind => Some(kind),
        };
        let (text, plain, tag) = match scalar {
            Some(Kind::Scalar { text, plain, tag }) => (text, *plain, tag.as_deref()),
            Some(Kind::Map) => return Err(ReadError::Key { place, what: "a mapping" }),
            _ => return Err(ReadError::Key { place, what: "a sequence" }),
        };
        self.at += 1;
        if text == "<<" && is_merge(plain, tag) && !matches!(item.kind, Kind::Alias(_)) {
            return self.start_merge();
        }
        self.count(&place)?;
        let key = key_text(text, plain, tag, &place)?;
        if let Some(Frame::Map(_, pending, ..)) = self.stack.last_mut() {
            *pending = Some((key, place));
        }
        Ok(())
    }

    /// At the value of `<<`: a mapping, an alias of one, or a list of these.
    fn start_merge(&mut self) -> Result<(), ReadError> {
        let items = self.items;
        let Some(item) = items.get(self.at) else { return Ok(()) };
        let is_map = |item: &Item<'_>| match item.kind {
            Kind::Map => true,
            Kind::Alias(target) => matches!(items.get(target), Some(Item { kind: Kind::Map, .. })),
            _ => false,
        };
        if is_map(item) {
            self.stack.push(Frame::Merge);
            return Ok(());
        }
        if !matches!(item.kind, Kind::Seq) {
            return Err(ReadError::Merge { place: self.place(item) });
        }
        let mut starts = Vec::new();
        let mut at = self.at + 1;
        while let Some(item) = items.get(at).filter(|item| !matches!(item.kind, Kind::End)) {
            if !is_map(item) {
                return Err(ReadError::Merge { place: self.place(item) });
            }
            starts.push(at);
            at = skip(items, at);
        }
        // Earlier ones win, so the last comes first.
        self.at = starts.pop().unwrap_or(at + 1);
        if self.at <= at {
            self.stack.push(Frame::MergeList(starts, at + 1));
        }
        Ok(())
    }
}

/// The index after the node at an index.
fn skip(items: &[Item<'_>], mut at: usize) -> usize {
    let mut depth = 0usize;
    while let Some(item) = items.get(at) {
        at += 1;
        match item.kind {
            Kind::Seq | Kind::Map => depth += 1,
            Kind::End => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    at
}
