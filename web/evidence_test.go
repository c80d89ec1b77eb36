package web

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"chancery/archive"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// evidence is what the house hands out over HTTP about one message of a level.
type evidence struct {
	level       string
	keys        string // to anybody
	proof       string // to a reader of the message
	checkpoints string // to whoever has a pass
}

// handedOut is the evidence of the first and last messages of each level, and of one between.
func handedOut(t *testing.T) (*lodge, []evidence) {
	t.Helper()
	l, ids := furnished(t)
	marie := l.visit("marie", 2)
	messages := map[habilitation.Level][]string{habilitation.Unprotected: {ids["open"]}, habilitation.Restricted: {ids["closed"]}}
	for level, count := range map[habilitation.Level]int{habilitation.Unprotected: 7, habilitation.Restricted: 4} {
		for len(messages[level]) < count {
			messages[level] = append(messages[level], l.As("paul").Dispatches(housetest.Telegram("bamako", "dam", level, "Preuve")).ID.String())
		}
	}
	key := l.stranger().get("/api/v1/house/checkpoint/key").wants(200)
	if got := key.Header.Get("Content-Type"); got != "text/plain; charset=utf-8" {
		t.Errorf("the key comes as %q", got)
	}
	checkpoints := string(marie.get("/api/v1/house/checkpoint").wants(200).body)
	var handed []evidence
	for _, level := range habilitation.Levels {
		of := messages[level]
		for _, id := range []string{of[0], of[len(of)*2/3], of[len(of)-1]} {
			proof := string(marie.get("/api/v1/messages/" + id + "/proof").wants(200).body)
			if !strings.Contains(checkpoints, proofCheckpoint(proof)) {
				t.Errorf("%s: the checkpoint of the proof is not the one of the house:\n%s\n%s", level, proof, checkpoints)
			}
			if original := string(marie.get("/api/v1/messages/" + id + "/original").wants(200).body); !strings.Contains(original, "\r\nMessage-ID: <"+id+"@") {
				t.Errorf("the signed bytes of %s do not name it", id)
			}
			if !strings.Contains(leafOf(t, proof), "\n"+id+"\n") {
				t.Errorf("the leaf of %s does not name it", id)
			}
			handed = append(handed, evidence{level.String(), string(key.body), proof, checkpoints})
		}
	}
	return l, handed
}

// proofCheckpoint is the signed note at the end of a proof.
func proofCheckpoint(proof string) string {
	_, checkpoint, _ := strings.Cut(proof, "\n\n")
	return checkpoint
}

// leafOf is the leaf that a proof shows.
func leafOf(t *testing.T, proof string) string {
	t.Helper()
	var read archive.Proof
	if err := read.UnmarshalText([]byte(proof)); err != nil {
		t.Fatal(err)
	}
	return string(read.Leaf)
}

// check is all that a stranger can check of a proof under one line of the key.
func check(line, proof string) error {
	var read archive.Proof
	if err := read.UnmarshalText([]byte(proof)); err != nil {
		return err
	}
	_, err := archive.CheckProof(read, line)
	return err
}

// lineOf is the line of the key for a level's tree.
func lineOf(t *testing.T, keys, level string) string {
	t.Helper()
	for _, line := range strings.Fields(keys) {
		if strings.HasPrefix(line, "essai.example/chancery/"+level+"+") {
			return line
		}
	}
	t.Fatalf("no key for %s in\n%s", level, keys)
	return ""
}

// TestStrangersCheckProofsOverHTTP: key, proof and checkpoint of the API hold together, and nothing of them can be changed.
func TestStrangersCheckProofsOverHTTP(t *testing.T) {
	_, handed := handedOut(t)
	for _, e := range handed {
		t.Run(e.level, func(t *testing.T) {
			line := lineOf(t, e.keys, e.level)
			if err := check(line, e.proof); err != nil {
				t.Fatal(err)
			}
			everyBit(line, func(changed string, at int) {
				if check(changed, e.proof) == nil && !strings.EqualFold(changed, line) { // the key's hash is hexadecimal in either case
					t.Errorf("the proof holds under a key changed at %d: %s", at, changed)
				}
			})
			everyBit(e.proof, func(changed string, at int) {
				if check(line, changed) == nil {
					t.Errorf("the proof holds with a bit changed at %d (%q)", at, e.proof[at])
				}
			})
			var read archive.Proof
			if err := read.UnmarshalText([]byte(e.proof)); err != nil {
				t.Fatal(err)
			}
			everyBit(string(read.Leaf), func(changed string, at int) {
				other := read
				other.Leaf = []byte(changed)
				if _, err := archive.CheckProof(other, line); err == nil {
					t.Errorf("a leaf changed at %d is in the tree", at)
				}
			})
			for _, other := range strings.Fields(e.keys) {
				if other != line && check(other, e.proof) == nil {
					t.Errorf("the proof holds under %s", other)
				}
			}
		})
	}
}

// everyBit calls with the text and one bit of one byte changed; bytes take turns with their eight bits.
func everyBit(text string, try func(changed string, at int)) {
	for at := range text {
		changed := []byte(text)
		changed[at] ^= 1 << (at % 8)
		try(string(changed), at)
	}
}

// TestStrangersOpenCheckpointsOverHTTP: every checkpoint opens with the key handed out, a reader of one level has one, and the key is
// the same whoever asks.
func TestStrangersOpenCheckpointsOverHTTP(t *testing.T) {
	l, handed := handedOut(t)
	e := handed[0]
	var names []string
	var known []note.Verifier
	for _, line := range strings.Fields(e.keys) {
		verifier, err := note.NewVerifier(line)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		known, names = append(known, verifier), append(names, verifier.Name())
	}
	if want := []string{"essai.example/chancery", "essai.example/chancery/unprotected", "essai.example/chancery/restricted"}; !slices.Equal(names, want) {
		t.Errorf("keys for %q, want %q", names, want)
	}
	house, err := l.Trees.HouseCheckpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	lea := string(l.visit("lea", 2).get("/api/v1/house/checkpoint").wants(200).body)
	for _, signed := range []struct {
		notes string
		want  []string
	}{{string(house), names[:1]}, {lea, names[1:2]}, {e.checkpoints, names[1:]}} {
		var opened []string
		for _, each := range apart(signed.notes) {
			n, err := note.Open([]byte(each), note.VerifierList(known...))
			if err != nil {
				t.Fatalf("%v: %q", err, each)
			}
			lines := strings.Split(n.Text, "\n")
			if _, err := tlog.ParseHash(lines[2]); err != nil || lines[0] != n.Sigs[0].Name {
				t.Errorf("signed by %s, %v:\n%s", n.Sigs[0].Name, err, n.Text)
			}
			opened = append(opened, lines[0])
		}
		if !slices.Equal(opened, signed.want) {
			t.Errorf("checkpoints of %q, want %q", opened, signed.want)
		}
	}
	if again := l.visit("lea", 0).get("/api/v1/house/checkpoint/key").wants(200); string(again.body) != e.keys {
		t.Errorf("another reader has another key:\n%s", again.body)
	}
}

// apart is the notes of a list: each is a text, an empty line and a signature, and an empty line stands between two.
func apart(notes string) (each []string) {
	parts := strings.Split(strings.TrimSuffix(notes, "\n"), "\n\n")
	for pair := range slices.Chunk(parts, 2) {
		each = append(each, strings.Join(pair, "\n\n")+"\n")
	}
	return each
}

// TestProofRecipeForAStranger runs the recipe of SIGNATURES.md word for word on the files of the API, and on spoiled ones.
func TestProofRecipeForAStranger(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed: the recipe was not run")
	}
	page, err := os.ReadFile("../archive/SIGNATURES.md")
	if err != nil {
		t.Fatal(err)
	}
	_, recipe, found := strings.Cut(string(page), "```\n# A.")
	recipe, _, ended := strings.Cut(recipe, "```")
	if !found || !ended {
		t.Fatal("SIGNATURES.md has no recipe for a proof")
	}
	folder := t.TempDir()
	follow := func(keys, proof string) (string, error) {
		for name, content := range map[string]string{"keys.txt": keys, "m.proof.txt": proof} {
			if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		shell := exec.Command("sh", "-e", "-c", "# A."+recipe)
		shell.Dir = folder
		said, err := shell.CombinedOutput()
		return string(said), err
	}
	_, handed := handedOut(t)
	for _, e := range handed {
		said, err := follow(e.keys, e.proof)
		for _, want := range []string{"Signature Verified Successfully", "Inclusion Verified Successfully", "chancery leaf v1\n", e.level + " " + e.level} {
			if err != nil || !strings.Contains(said, want) {
				t.Fatalf("%s: the recipe does not show %q: %v\n%s", e.level, want, err, said)
			}
		}
	}
	spoiled := handed[1] // with a path that turns left and right
	line := lineOf(t, spoiled.keys, spoiled.level)
	if _, err := follow(strings.Replace(spoiled.keys, line, spoil(line, len(line)-20), 1), spoiled.proof); err == nil {
		t.Error("the recipe holds with another key")
	}
	path, root := strings.Index(spoiled.proof, "\n\n"), strings.LastIndex(spoiled.proof, "\n\n")
	for what, at := range map[string]int{"leaf": strings.Index(spoiled.proof, "extra ") + 60, "path": path - 20, "root": root - 20, "signature": len(spoiled.proof) - 20} {
		if said, err := follow(spoiled.keys, spoil(spoiled.proof, at)); err == nil {
			t.Errorf("the recipe holds with a bit of the %s changed:\n%s", what, said)
		}
	}
}

// spoil changes a character of base64 so that one bit of what it stands for differs.
func spoil(text string, at int) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	return text[:at] + string(alphabet[strings.IndexByte(alphabet, text[at])^1]) + text[at+1:]
}
