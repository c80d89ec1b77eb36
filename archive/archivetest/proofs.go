package archivetest

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"chancery/archive"
	"chancery/habilitation"
)

// proves checks that the header's leaf is proved, through the text form, and that nothing else passes for it.
func (h *house) proves(header archive.Header) {
	h.t.Helper()
	if h.Trees == nil || header.Tree == archive.NoTree {
		return
	}
	proof, err := h.Trees.Prove(context.Background(), header.Tree, header.Index)
	if err != nil {
		h.t.Fatalf("prove entry %d: %v", header.Seq, err)
	}
	text, err := proof.MarshalText()
	if err != nil {
		h.t.Fatalf("write proof: %v", err)
	}
	var read archive.Proof
	if err := read.UnmarshalText(text); err != nil {
		h.t.Fatalf("read proof: %v\n%s", err, text)
	}
	if !bytes.Equal(read.Leaf, header.Leaf()) {
		h.t.Fatalf("the proof of entry %d is about %q", header.Seq, read.Leaf)
	}
	if _, err := archive.CheckProof(read, h.verifierKey(header.Tree)); err != nil {
		h.t.Fatalf("entry %d: %v\n%s", header.Seq, err, text)
	}
	other := read
	other.Leaf = append(bytes.Clone(read.Leaf), ' ')
	if _, err := archive.CheckProof(other, h.verifierKey(header.Tree)); !errors.Is(err, archive.ErrBadProof) {
		h.t.Fatalf("another leaf: %v", err)
	}
	if _, err := archive.CheckProof(read, h.verifierKey(header.Tree%3+1)); !errors.Is(err, archive.ErrBadProof) {
		h.t.Fatalf("under another tree's key: %v", err)
	}
}

func (h *house) verifierKey(tree archive.Tree) string {
	h.t.Helper()
	key, err := archive.VerifierKey(archive.TreeOrigin(h.Origin, tree), h.Key)
	if err != nil {
		h.t.Fatalf("verifier key: %v", err)
	}
	return key
}

func (h *house) checkpoint(tree archive.Tree) (signed []byte, c archive.Checkpoint) {
	h.t.Helper()
	signed, err := h.Trees.Checkpoint(context.Background(), tree)
	if err == nil {
		c, err = archive.OpenCheckpoint(signed, h.verifierKey(tree))
	}
	if err != nil {
		h.t.Fatalf("checkpoint %s: %v", tree, err)
	}
	return signed, c
}

func (h *house) state() archive.HouseState {
	h.t.Helper()
	signed, err := h.Trees.HouseCheckpoint(context.Background())
	if err != nil {
		h.t.Fatalf("house checkpoint: %v", err)
	}
	key, err := archive.VerifierKey(h.Origin, h.Key)
	if err != nil {
		h.t.Fatalf("verifier key: %v", err)
	}
	c, err := archive.OpenCheckpoint(signed, key)
	if err != nil {
		h.t.Fatalf("house checkpoint: %v", err)
	}
	state, err := c.HouseState()
	if err != nil {
		h.t.Fatalf("house checkpoint: %v", err)
	}
	return state
}

// trees: every leaf is proved at every size, checkpoints follow each append, the house checkpoint commits to all.
func trees(t testing.TB, place Opener) {
	h := open(t, place, nil)
	if h.Trees == nil {
		t.Skip("this engine keeps no trees")
	}
	ctx := context.Background()
	var frontiers [4]archive.Frontier
	for n := 0; n < 40; n += n%3 + 1 {
		for _, tree := range archive.AllTrees() {
			_, c := h.checkpoint(tree)
			root, err := frontiers[tree].Root()
			if err != nil || c.Size != frontiers[tree].Size() || c.Root != root || c.Origin != archive.TreeOrigin(h.Origin, tree) {
				t.Fatalf("checkpoint %s: size %d, want %d, or another root", tree, c.Size, frontiers[tree].Size())
			}
			if _, err := h.Trees.Prove(ctx, tree, c.Size); !errors.Is(err, archive.ErrUnknown) {
				t.Fatalf("prove leaf %d of %d: %v", c.Size, c.Size, err)
			}
			if s := h.state().Trees[tree-1]; s.Tree != tree || s.Size != c.Size || s.Root != c.Root {
				t.Fatalf("the house checkpoint says %+v of %s", s, tree)
			}
		}
		if h.state().Head != h.head() {
			t.Fatal("the house checkpoint is not that of the head")
		}
		for _, r := range h.append(h.drafts(n, n+n%3+1)...) {
			if _, err := frontiers[r.Tree].Add(archive.LeafHash(h.fetch(r.Seq).Leaf())); err != nil {
				t.Fatal(err)
			}
		}
		for seq := archive.Seq(1); seq <= h.head().Seq; seq += 3 {
			h.proves(h.fetch(seq).Header)
		}
	}
	h.sound()
}

// leaves: what happens at one level changes nothing in what the other level's tree commits to but its own leaves.
func leaves(t testing.TB, place Opener) {
	h := open(t, place, nil)
	if h.Trees == nil {
		t.Skip("this engine keeps no trees")
	}
	h.append(h.drafts(0, 10)...)
	before, _ := h.checkpoint(archive.TreeUnprotected)
	var hidden []archive.Draft
	for n := 100; n < 120; n++ {
		if d := h.draft(n); d.Tree == archive.TreeRestricted {
			hidden = append(hidden, d)
		}
	}
	h.append(hidden...)
	if after, _ := h.checkpoint(archive.TreeUnprotected); !bytes.Equal(before, after) {
		t.Fatal("a restricted entry changed the unprotected checkpoint")
	}
	shown := h.fetch(2)
	for _, change := range []func(*archive.Header){
		func(h *archive.Header) { h.Seq += 100 }, func(h *archive.Header) { h.Actor += habilitation.AgentID(1) },
		func(h *archive.Header) { h.Cites.Seq++ }, func(h *archive.Header) { h.Index++ },
	} {
		other := shown.Header
		change(&other)
		if !bytes.Equal(other.Leaf(), shown.Leaf()) {
			t.Fatalf("the leaf tells more than a reader may know: %q", other.Leaf())
		}
	}
}
