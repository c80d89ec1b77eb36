package archive

import (
	"crypto/sha256"
	"testing"

	"golang.org/x/mod/sumdb/note"
)

// TestNoteKeysFromAnySeed: half of all public keys have a plus sign in their base64, which is also the separator.
func TestNoteKeysFromAnySeed(t *testing.T) {
	for n := range byte(64) {
		seed := sha256.Sum256([]byte{n})
		signer, verifier, err := noteKeys("valmont.example/house", seed[:])
		if err != nil {
			t.Errorf("seed %d: %v", n, err)
			continue
		}
		if v, err := note.NewVerifier(verifier); err != nil || v.KeyHash() != signer.KeyHash() {
			t.Errorf("seed %d: verifier %q: %v", n, verifier, err)
		}
	}
}
