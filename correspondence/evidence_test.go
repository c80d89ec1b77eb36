package correspondence_test

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"chancery/archive"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// stranger has what the house hands out about one message, as files in a folder, and openssl.
type stranger struct {
	t      *testing.T
	folder string
}

func (s stranger) keeps(name string, content []byte, err error) []byte {
	s.t.Helper()
	if err == nil {
		err = os.WriteFile(filepath.Join(s.folder, name), content, 0o600)
	}
	if err != nil || len(content) == 0 {
		s.t.Fatalf("the house gives %d bytes as %s: %v", len(content), name, err)
	}
	return content
}

func (s stranger) openssl(arguments string) (string, error) {
	command := exec.Command("openssl", strings.Fields(arguments)...)
	command.Dir = s.folder
	said, err := command.CombinedOutput()
	return string(said), err
}

// accepts runs the two commands that the house prints for strangers; the clock of the test house is not that of the machine.
func (s stranger) accepts() error {
	at := fmt.Sprintf(" -CAfile ca.pem -attime %d", housetest.Opening.Unix())
	for command, success := range map[string]string{
		"cms -verify -cades -binary -inform DER -in m.p7s -content m.eml -out out" + at: "CAdES Verification successful",
		"ts -verify -token_in -in m.tst -data m.timestamped" + at:                       "Verification: OK",
	} {
		if said, err := s.openssl(command); err != nil || !strings.Contains(said, success) {
			return fmt.Errorf("openssl %s: %w: %s", command, err, said)
		}
	}
	return nil
}

// TestStrangersVerifyWhatTheHouseHandsOut takes a message of each level and a printed record through openssl and the proof of inclusion, and
// changes single bits of each file.
func TestStrangersVerifyWhatTheHouseHandsOut(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed: nothing was verified from outside")
	}
	h := housetest.WithPeople(t)
	h.Imports(h.Record("dd/1", "bamako", "dam", np, housetest.Opening.AddDate(-120, 0, 0), "N° 1", "Imprimé"))
	ids := map[string]habilitation.ID{"record": h.As("lea").Feed()[0].ID}
	for _, level := range habilitation.Levels {
		ids[level.String()] = h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", level, "Évacuation — accents, « guillemets »")).ID
	}
	marie := h.As("marie")
	for name, id := range ids {
		t.Run(name, func(t *testing.T) {
			s := stranger{t, t.TempDir()}
			s.keeps("ca.pem", h.Chancery.Certificates(), nil)
			files := map[string][]byte{}
			for file, ask := range map[string]func() ([]byte, error){
				"m.eml": func() ([]byte, error) { return marie.Original(t.Context(), id) }, "m.p7s": func() ([]byte, error) { return marie.Signature(t.Context(), id) },
				"m.tst": func() ([]byte, error) { return marie.Timestamp(t.Context(), id) }, "m.timestamped": func() ([]byte, error) { return marie.Timestamped(t.Context(), id) },
			} {
				content, err := ask()
				files[file] = s.keeps(file, content, err)
			}
			if err := s.accepts(); err != nil {
				t.Fatal(err)
			}
			signature := files["m.p7s"]
			for file, at := range map[string]int{"m.eml": len(files["m.eml"]) / 2, "m.p7s": bytes.Index(signature, files["m.timestamped"]) + 20, "m.tst": len(files["m.tst"]) - 9, "m.timestamped": 12} {
				spoiled := bytes.Clone(files[file])
				spoiled[at] ^= 1
				s.keeps(file, spoiled, nil)
				if s.accepts() == nil {
					t.Errorf("openssl accepts %s with a bit changed at %d", file, at)
				}
				s.keeps(file, files[file], nil)
			}
		})
	}
}

// TestProofsHoldForStrangers checks the proof of a message of each level against the house's key, and that it tells nothing of its place in the journal.
func TestProofsHoldForStrangers(t *testing.T) {
	h := housetest.WithPeople(t)
	for range 5 {
		h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", dr, "Autre"))
	}
	h.Imports(records(h, 3)...)
	for _, level := range habilitation.Levels {
		id := h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", level, "Preuve")).ID
		h.As("paul").Dispatches(housetest.Telegram("bamako", "dam", level, "Ensuite"))
		text, err := h.As("marie").Proof(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		var proof archive.Proof
		if err := proof.UnmarshalText(text); err != nil {
			t.Fatal(err)
		}
		key := func(tree archive.Tree) string {
			text, err := archive.VerifierKey(archive.TreeOrigin("essai.example/chancery", tree), h.Sealery.CheckpointKey().Public().(ed25519.PublicKey))
			if err != nil {
				t.Fatal(err)
			}
			return text
		}
		checkpoint, err := archive.CheckProof(proof, key(archive.TreeOf(level)))
		if err != nil || checkpoint.Size != proof.Size || proof.Index >= proof.Size {
			t.Errorf("%s: %+v, %v", level, checkpoint, err)
		}
		if _, err := archive.CheckProof(proof, key(archive.TreeActs)); err == nil {
			t.Errorf("%s: the proof holds in another tree", level)
		}
		leaf := string(proof.Leaf)
		if lines := strings.Split(leaf, "\n"); len(lines) != 7 || lines[1] != id.String() || lines[3] != level.String()+" "+level.String() {
			t.Errorf("leaf:\n%s", leaf)
		}
		row, _ := h.Folds().Rows.Row(id)
		if strings.Contains(leaf, fmt.Sprintf(" %d\n", row.Seq)) {
			t.Errorf("the leaf tells the sequence %d:\n%s", row.Seq, leaf)
		}
		proof.Leaf = bytes.Replace(proof.Leaf, []byte("message.released"), []byte("message.imported"), 1)
		if _, err := archive.CheckProof(proof, key(archive.TreeOf(level))); err == nil {
			t.Errorf("%s: a proof of another leaf holds", level)
		}
	}
	notes, err := h.As("lea").Checkpoint(t.Context())
	if err != nil || !bytes.Contains(notes, []byte("/unprotected\n")) || bytes.Contains(notes, []byte("/restricted\n")) {
		t.Errorf("checkpoints of an uncleared reader: %v\n%s", err, notes)
	}
}
