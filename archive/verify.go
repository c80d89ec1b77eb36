package archive

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
)

// Problem is something found by a verification.
type Problem struct {
	// Where is the place: the file or the journal, and which part of it.
	Where string
	// Seq is the entry concerned; 0 when it is none in particular.
	Seq Seq
	// What is wrong, in a sentence for the one who looks after the house.
	What string
	// Information marks what is worth knowing and no damage.
	Information bool
}

// String is the problem on one line.
func (p Problem) String() string {
	if p.Seq == 0 {
		return p.Where + ": " + p.What
	}
	return fmt.Sprintf("%s, entry %d: %s", p.Where, p.Seq, p.What)
}

// Examiner is an engine's check of what only it can see: its file's structure, its own indexes, stored subtree hashes.
type Examiner interface {
	Examine(ctx context.Context, report func(Problem)) error
}

// Verification says what is to be verified. Only Journal is required.
type Verification struct {
	// Name tells the journal in reports.
	Name    string
	Journal Journal
	// Trees are the journal's, signed under Origin by Key.
	Trees  Trees
	Origin string
	Key    ed25519.PublicKey
	// Engines are examined after the journal's own check.
	Engines []Examiner
	// Cited names the objects of the Vault that an entry cites; each is read and hashed again.
	Vault Vault
	Cited func(Entry) ([]Digest, error)
	// Witnessed are signed checkpoints, of the house or of a tree, that were kept elsewhere: the journal must go on
	// from each. They show what no journal can by itself, that it was not set back to an older state.
	Witnessed [][]byte
	// Chain, when set, takes over what is met, for VerifyCitations.
	Chain *Chain
	// Progress, when set, is told how far it is, now and then and at the end.
	Progress func(done, total Seq)
}

// Verify reads everything again: every header and the chain, every payload and its digest, the trees and their signed
// checkpoints, every object cited. It reports each problem and goes on; its error says that it could not finish. What
// is appended while it runs is not looked at.
func Verify(ctx context.Context, v Verification, report func(Problem)) error {
	w := &walk{Verification: v, report: report, head: EmptyHead(), roots: make(map[TreeState]bool), sizes: make(map[treeSize]string)}
	if w.Name == "" {
		w.Name = "journal"
	}
	if v.Chain != nil {
		*v.Chain = Chain{name: w.Name}
	}
	if err := w.begin(ctx); err != nil {
		return fmt.Errorf("verify %s: %w", w.Name, err)
	}
	for seq := Seq(1); seq <= w.state.Head.Seq; seq++ {
		if err := w.entry(ctx, seq); err != nil {
			return fmt.Errorf("verify %s: entry %d: %w", w.Name, seq, err)
		}
		if w.Progress != nil && (seq%256 == 0 || seq == w.state.Head.Seq) {
			w.Progress(seq, w.state.Head.Seq)
		}
	}
	w.end()
	for _, engine := range v.Engines {
		if err := engine.Examine(ctx, report); err != nil {
			return fmt.Errorf("verify %s: %w", w.Name, err)
		}
	}
	return nil
}

// walk is a verification under way.
type walk struct {
	Verification
	report func(Problem)
	// state is what the journal claims to be; the trees are missing for a journal without.
	state HouseState
	// head and frontiers are recomputed; lost tells that a header could not be read, so the rest cannot be.
	head      Head
	frontiers [4]Frontier
	lost      bool
	seen      map[Digest]bool
	// witnessed heads and roots still to be met.
	heads []Head
	roots map[TreeState]bool
	sizes map[treeSize]string
}

// treeSize is a moment in the growth of a tree.
type treeSize struct {
	tree Tree
	size uint64
}

func (w *walk) found(where string, seq Seq, format string, values ...any) {
	w.report(Problem{Where: w.Name + ", " + where, Seq: seq, What: fmt.Sprintf(format, values...)})
}

// begin reads what the journal claims and what was witnessed.
func (w *walk) begin(ctx context.Context) error {
	w.seen = make(map[Digest]bool)
	var err error
	if w.state.Head, err = w.Journal.Head(ctx); err != nil {
		return err
	}
	if w.Trees == nil {
		return nil
	}
	if err := w.claim(ctx); err != nil {
		return err
	}
	for i, signed := range w.Witnessed {
		if err := w.witnessed(signed); err != nil {
			w.found("witnessed checkpoint", 0, "number %d does not open: %v", i+1, err)
		}
	}
	return nil
}

// claim opens the house checkpoint and the trees' own, which must say the same.
func (w *walk) claim(ctx context.Context) error {
	for range 16 { // until nothing was appended in between
		house, err := w.Trees.HouseCheckpoint(ctx)
		if err != nil {
			return err
		}
		trees := make([][]byte, 0, 3)
		for _, tree := range AllTrees() {
			signed, err := w.Trees.Checkpoint(ctx, tree)
			if err != nil {
				return err
			}
			trees = append(trees, signed)
		}
		again, err := w.Trees.HouseCheckpoint(ctx)
		if err != nil {
			return err
		}
		if bytes.Equal(house, again) {
			w.compareClaims(house, trees)
			return nil
		}
	}
	return fmt.Errorf("read checkpoints: the journal grows too fast: %w", ErrConflict)
}

func (w *walk) compareClaims(house []byte, trees [][]byte) {
	c, err := w.open(house, w.Origin)
	if err == nil {
		w.state, err = c.HouseState()
	}
	if err != nil {
		w.found("house checkpoint", 0, "%v", err)
		return
	}
	for i, tree := range AllTrees() {
		c, err := w.open(trees[i], TreeOrigin(w.Origin, tree))
		if err != nil {
			w.found("checkpoint "+tree.String(), 0, "%v", err)
			continue
		}
		if s := w.state.Trees[i]; c.Size != s.Size || c.Root != s.Root || len(c.Extension) > 0 {
			w.found("checkpoint "+tree.String(), 0, "states %d leaves, the house checkpoint %d, or another root", c.Size, s.Size)
		}
	}
}

func (w *walk) open(signed []byte, origin string) (Checkpoint, error) {
	key, err := VerifierKey(origin, w.Key)
	if err != nil {
		return Checkpoint{}, err
	}
	return OpenCheckpoint(signed, key)
}

// witnessed notes what a checkpoint kept elsewhere says, to be met on the way.
func (w *walk) witnessed(signed []byte) error {
	if c, err := w.open(signed, w.Origin); err == nil {
		s, err := c.HouseState()
		w.heads = append(w.heads, s.Head)
		for _, t := range s.Trees {
			w.expect(t)
		}
		return err
	}
	for _, tree := range AllTrees() {
		if c, err := w.open(signed, TreeOrigin(w.Origin, tree)); err == nil {
			w.expect(TreeState{Tree: tree, Size: c.Size, Root: c.Root})
			return nil
		}
	}
	return fmt.Errorf("no signature of this house: %w", ErrBadProof)
}

func (w *walk) expect(t TreeState) {
	if t.Size > 0 {
		w.roots[t] = true
		w.sizes[treeSize{t.Tree, t.Size}] = ""
	}
}

// entry checks one entry. Its error ends the verification.
func (w *walk) entry(ctx context.Context, seq Seq) error {
	e, err := w.Journal.Fetch(ctx, seq)
	switch {
	case err == nil, errors.Is(err, ErrErased):
	case ctx.Err() != nil, errors.Is(err, ErrClosed):
		return err
	default:
		w.found("payload or header", seq, "%v", err)
	}
	if e.Seq != seq {
		w.lost = true
		w.Chain.lose()
		return nil
	}
	w.follow(e.Header)
	if err != nil || w.Vault == nil || w.Cited == nil {
		return nil
	}
	return w.objects(ctx, e)
}

// follow grows chain and trees by a header.
func (w *walk) follow(h Header) {
	w.head = w.head.Follow(h)
	w.Chain.add(h, w.head)
	for _, head := range w.heads {
		if head.Seq == h.Seq && head != w.head {
			w.found("chain", h.Seq, "is not the chain of a witnessed checkpoint")
		}
	}
	if h.Tree == NoTree || w.Trees == nil {
		return
	}
	f := &w.frontiers[h.Tree]
	if h.Index != f.Size() {
		w.found("tree "+h.Tree.String(), h.Seq, "is leaf %d, its header says %d", f.Size(), h.Index)
	}
	if _, err := f.Add(LeafHash(h.Leaf())); err != nil {
		w.found("tree "+h.Tree.String(), h.Seq, "%v", err)
	}
	if _, expected := w.sizes[treeSize{h.Tree, f.Size()}]; expected {
		root, err := f.Root()
		t := TreeState{Tree: h.Tree, Size: f.Size(), Root: root}
		if err != nil || !w.roots[t] {
			w.found("tree "+h.Tree.String(), h.Seq, "the root of %d leaves is not that of a witnessed checkpoint", t.Size)
		}
		delete(w.sizes, treeSize{h.Tree, f.Size()})
	}
}

// objects reads what an entry cites from the vault, each object once.
func (w *walk) objects(ctx context.Context, e Entry) error {
	digests, err := w.Cited(e)
	if err != nil {
		w.found("payload", e.Seq, "does not tell what it cites: %v", err)
	}
	for _, d := range digests {
		if w.seen[d] {
			continue
		}
		w.seen[d] = true
		if err := w.object(ctx, d); ctx.Err() != nil {
			return ctx.Err()
		} else if err != nil && !errors.Is(err, ErrErased) {
			w.found("vault", e.Seq, "%s: %v", d, err)
		}
	}
	return nil
}

func (w *walk) object(ctx context.Context, d Digest) error {
	r, err := w.Vault.Open(ctx, d)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, r)
	return errors.Join(err, r.Close())
}

// end compares what was recomputed with what is claimed.
func (w *walk) end() {
	for _, head := range w.heads {
		if head.Seq > w.head.Seq {
			w.found("chain", head.Seq, "was witnessed, but the journal ends at entry %d", w.head.Seq)
		}
	}
	for moment := range w.sizes {
		w.found("tree "+moment.tree.String(), 0, "a root of %d leaves was witnessed, the tree has %d", moment.size, w.frontiers[moment.tree].Size())
	}
	if w.lost {
		w.found("chain", 0, "cannot be recomputed, for a header cannot be read")
		return
	}
	if w.head != w.state.Head {
		w.found("chain", w.state.Head.Seq, "the head is not the chain of the headers")
	}
	for _, t := range w.state.Trees {
		root, err := w.frontiers[t.Tree].Root()
		if err != nil || root != t.Root || w.frontiers[t.Tree].Size() != t.Size {
			w.found("tree "+t.Tree.String(), 0, "the headers make %d leaves, the checkpoint says %d, or another root", w.frontiers[t.Tree].Size(), t.Size)
		}
	}
}
