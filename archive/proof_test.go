package archive_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"chancery/archive"
)

func testKey() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)) }

func verifierKey(t testing.TB, origin string) string {
	t.Helper()
	key, err := archive.VerifierKey(origin, testKey().Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sign(t testing.TB, c archive.Checkpoint) []byte {
	t.Helper()
	signed, err := c.Sign(testKey())
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// someProof is a proof of leaf 2 of 3 under the unprotected tree of a house.
func someProof(t testing.TB) archive.Proof {
	t.Helper()
	var f archive.Frontier
	hashes := make(map[int64]tlog.Hash)
	for n := range int64(3) {
		complete, err := f.Add(archive.LeafHash(fmt.Appendf(nil, "leaf %d\n", n)))
		if err != nil {
			t.Fatal(err)
		}
		for height, hash := range complete {
			hashes[tlog.StoredHashIndex(height, n>>height)] = hash
		}
	}
	root, err := f.Root()
	if err != nil {
		t.Fatal(err)
	}
	path, err := tlog.ProveRecord(3, 1, tlog.HashReaderFunc(func(indexes []int64) (list []tlog.Hash, _ error) {
		for _, index := range indexes {
			list = append(list, hashes[index])
		}
		return list, nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	c := archive.Checkpoint{Origin: archive.TreeOrigin("chancery.example/house", archive.TreeUnprotected), Size: 3, Root: root}
	p := archive.Proof{Leaf: []byte("leaf 1\n"), Index: 1, Size: 3, Checkpoint: sign(t, c)}
	for _, hash := range path {
		p.Hashes = append(p.Hashes, hash)
	}
	return p
}

const goldenProof = `c2sp.org/tlog-proof@v1
extra bGVhZiAxCg==
index 1
MOeugA3t5V3Oj0fSy/FlGTQpdznjmesLaR7I3+A22G0=
+UScBh/GBmkGM/4rLjLSdeLpqCP+fZR5C43FLO5DirM=

chancery.example/house/unprotected
3
JepaVodcJudzoFDJKz3j7gpniTYyoHSH7LmckNqeQpk=

— chancery.example/house/unprotected 5Oznw3IjxwrKeTyVEvk+cM5coGA8PsURuK4XumT6Sl7oDyWMLh+7JLSVEyQu3VCfplPaP4mNn4H/N+WZAMJfw/l7MAU=
`

func TestProofText(t *testing.T) {
	p := someProof(t)
	key := verifierKey(t, "chancery.example/house/unprotected")
	if _, err := archive.CheckProof(p, key); err != nil {
		t.Fatal(err)
	}
	text, err := p.MarshalText()
	if err != nil || string(text) != goldenProof {
		t.Fatalf("proof text changed: %v\n%s", err, text)
	}
	for i := range text { // every single byte matters to the reading or to the check
		changed := bytes.Clone(text)
		changed[i] ^= 1
		var read archive.Proof
		if err := read.UnmarshalText(changed); err != nil {
			continue
		}
		if _, err := archive.CheckProof(read, key); !errors.Is(err, archive.ErrBadProof) && !bytes.Equal(read.Leaf, p.Leaf) {
			t.Fatalf("byte %d (%q) can be changed: %v", i, text[i], err)
		} else if err == nil {
			t.Fatalf("byte %d (%q) can be changed", i, text[i])
		}
	}
	for _, other := range []string{"chancery.example/house/restricted", "chancery.example/house", "elsewhere.example"} {
		if _, err := archive.CheckProof(p, verifierKey(t, other)); !errors.Is(err, archive.ErrBadProof) {
			t.Fatalf("under the key of %s: %v", other, err)
		}
	}
}

// TestForeignSignature: one key signs for all trees, and yet a checkpoint signed under one name is none of another.
func TestForeignSignature(t *testing.T) {
	c := archive.Checkpoint{Origin: "chancery.example/house/restricted", Size: 1, Root: [32]byte{1}}
	signed := sign(t, c)
	if got, err := archive.OpenCheckpoint(signed, verifierKey(t, c.Origin)); err != nil || got.Text() != c.Text() {
		t.Fatalf("%+v, %v", got, err)
	}
	skey, vkey, err := note.GenerateKey(nil, "chancery.example/house/acts")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := note.Sign(&note.Note{Text: c.Text()}, signer)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := archive.OpenCheckpoint(foreign, vkey); !errors.Is(err, archive.ErrBadProof) {
		t.Fatalf("a checkpoint of another tree's key: %v", err)
	}
}

func TestHouseState(t *testing.T) {
	s := archive.HouseState{Head: archive.Head{Seq: 9, Hash: [32]byte{9}}}
	for i, tree := range archive.AllTrees() {
		s.Trees = append(s.Trees, archive.TreeState{Tree: tree, Size: uint64(i), Root: [32]byte{byte(i)}})
	}
	c, err := archive.ParseCheckpoint(s.Checkpoint("chancery.example/house").Text())
	if err != nil {
		t.Fatal(err)
	}
	back, err := c.HouseState()
	if err != nil || fmt.Sprint(back) != fmt.Sprint(s) {
		t.Fatalf("%+v, %v", back, err)
	}
	c.Extension = c.Extension[1:]
	if _, err := c.HouseState(); !errors.Is(err, archive.ErrBadProof) {
		t.Fatalf("a tree is missing: %v", err)
	}
}

// TestFrontier compares with the plain definition of RFC 6962 §2.1.
func TestFrontier(t *testing.T) {
	var f archive.Frontier
	var leaves [][32]byte
	for n := range 70 {
		if root, err := f.Root(); err != nil || root != plainRoot(leaves) {
			t.Fatalf("root of %d leaves: %v", n, err)
		}
		leaf := archive.LeafHash(fmt.Append(nil, n))
		leaves = append(leaves, leaf)
		if _, err := f.Add(leaf); err != nil || f.Size() != uint64(n+1) {
			t.Fatal(err)
		}
		again, err := archive.ResumeFrontier(f.Size(), func(height int, k uint64) ([32]byte, error) {
			return plainRoot(leaves[k<<height : (k+1)<<height]), nil
		})
		if err != nil || again != f && again.Size() != f.Size() {
			t.Fatal(err)
		}
		if a, _ := again.Root(); a != plainRoot(leaves) {
			t.Fatalf("resumed root of %d leaves", n+1)
		}
	}
}

func plainRoot(leaves [][32]byte) [32]byte {
	switch len(leaves) {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return leaves[0]
	}
	k := 1
	for 2*k < len(leaves) {
		k *= 2
	}
	return tlog.NodeHash(plainRoot(leaves[:k]), plainRoot(leaves[k:]))
}

func FuzzParseCheckpoint(f *testing.F) {
	f.Add(archive.Checkpoint{Origin: "chancery.example/house", Size: 12, Root: [32]byte{1}, Extension: []string{"acts 1 x"}}.Text())
	f.Add("a\n1\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := archive.ParseCheckpoint(text)
		if err != nil {
			return
		}
		if c.Text() != text {
			t.Fatalf("%q is read and written otherwise", text)
		}
		_, _ = c.HouseState()
	})
}

func FuzzProof(f *testing.F) {
	if text, err := someProof(f).MarshalText(); err == nil {
		f.Add(text)
	}
	f.Add([]byte("c2sp.org/tlog-proof@v1\nextra \nindex 0\n\na\n1\n\n\n"))
	key := verifierKey(f, "chancery.example/house/unprotected")
	f.Fuzz(func(t *testing.T, text []byte) {
		var p archive.Proof
		if p.UnmarshalText(text) != nil {
			return
		}
		if again, err := p.MarshalText(); err != nil || !bytes.Equal(again, text) {
			t.Fatalf("%q is read and written otherwise", text)
		}
		_, _ = archive.CheckProof(p, key)
	})
}
