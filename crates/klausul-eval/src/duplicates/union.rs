//! Sets of documents that grow together.

/// Disjoint sets of the numbers below a count.
pub(super) struct UnionFind {
    parents: Vec<usize>,
}

impl UnionFind {
    pub(super) fn new(count: usize) -> Self {
        Self { parents: (0..count).collect() }
    }

    pub(super) fn root(&mut self, mut member: usize) -> usize {
        while self.parents[member] != member {
            self.parents[member] = self.parents[self.parents[member]];
            member = self.parents[member];
        }
        member
    }

    pub(super) fn are_united(&mut self, first: usize, second: usize) -> bool {
        self.root(first) == self.root(second)
    }

    pub(super) fn unite(&mut self, first: usize, second: usize) {
        let (first, second) = (self.root(first), self.root(second));
        self.parents[first.max(second)] = first.min(second);
    }

    /// The number of each member's set, counted in order of the sets' first members.
    pub(super) fn ids(mut self) -> Vec<usize> {
        let mut ids = vec![0; self.parents.len()];
        let mut next = 0;
        // A root is the least of its set, so it has its number before its members ask for it.
        for member in 0..ids.len() {
            let root = self.root(member);
            if root == member {
                ids[member] = next;
                next += 1;
            } else {
                ids[member] = ids[root];
            }
        }
        ids
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_count_in_order_of_first_appearance() {
        let mut sets = UnionFind::new(6);
        sets.unite(4, 1);
        sets.unite(5, 4);
        sets.unite(3, 2);
        assert!(sets.are_united(1, 5) && !sets.are_united(1, 2));
        assert_eq!(sets.ids(), [0, 1, 2, 2, 1, 1]);
    }
}
