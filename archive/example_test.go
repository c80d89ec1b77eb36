package archive_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// What a house hands out: its public key to anybody, the proof to a reader of the message.
const (
	handedKeys = `essai.example/chancery+d7aeb78e+ARXtEFJQxO46c+wfVcb3E328eFFlr7pK6vE06AfUrjw+
essai.example/chancery/unprotected+483a22bc+ARXtEFJQxO46c+wfVcb3E328eFFlr7pK6vE06AfUrjw+
essai.example/chancery/restricted+034d0ef7+ARXtEFJQxO46c+wfVcb3E328eFFlr7pK6vE06AfUrjw+
`

	handedProof = `c2sp.org/tlog-proof@v1
extra Y2hhbmNlcnkgbGVhZiB2MQo5cjA4ams4NHRqOGRldGI3aHd2cDN3cTJ2YwptZXNzYWdlLnJlbGVhc2VkIDEKdW5wcm90ZWN0ZWQgdW5wcm90ZWN0ZWQKMjAyNi0wMy0wMlQwODowMTowMC4wMDAwMDBaCjA3NTM0NGFkMThhZTU3YzFkM2E3YmEzMzEyYjI1NmJjZGMzNGNmN2EwNDRjMzM2NzJkMzg1MTFiYTUxMmYyYWQK
index 4
rtcYHwFHF91iKajkcHV/L5Q6q+ff7ziVkMTk+w049u4=
ZMpgr95x3ydczLSwrmethtAxjoCu3qsCkeNT7wTl4j4=
YpwvB9TfDtopTqQNsFehZDOGc7ky22ZsB5dexBWuXLs=

essai.example/chancery/unprotected
7
9o5BjpcXkxwVqBthID4WptoMGuWIaz017S7wGAHvuNM=

— essai.example/chancery/unprotected SDoivNy8KPv0Q9EW9kwwP3g3Cv3vdO4BwMErmtBPYkQrOfIoJ3k16jAM08VgUXzUkg+xP4j8iJqZxpCONKQdIFm7Hg0=
`
)

// Example_stranger checks a proof with nothing of this program; CheckProof does the same for whoever has it.
func Example_stranger() {
	leaf, err := checkAsStranger(handedKeys, handedProof)
	if err != nil {
		panic(err)
	}
	fmt.Print(leaf)
	// Output:
	// chancery leaf v1
	// 9r08jk84tj8detb7hwvp3wq2vc
	// message.released 1
	// unprotected unprotected
	// 2026-03-02T08:01:00.000000Z
	// 075344ad18ae57c1d3a7ba3312b256bcdc34cf7a044c33672d38511ba512f2ad
}

// checkAsStranger checks the checkpoint's signature, then that the leaf is in the tree that the checkpoint states, and gives the leaf.
func checkAsStranger(keys, proof string) (leaf string, err error) {
	head, signed, _ := strings.Cut(proof, "\n\n")
	tree, err := openAsStranger(keys, signed)
	if err != nil {
		return "", err
	}
	lines := strings.Split(head, "\n")
	if len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return "", errors.New("not a proof")
	}
	text, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra "))
	if err != nil {
		return "", fmt.Errorf("read leaf: %w", err)
	}
	place, err := strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64)
	if err != nil {
		return "", fmt.Errorf("read place: %w", err)
	}
	var path tlog.RecordProof
	for _, line := range lines[3:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return "", fmt.Errorf("read path: %w", err)
		}
		path = append(path, hash)
	}
	return string(text), tlog.CheckRecord(path, tree.N, tree.Hash, place, tlog.RecordHash(text))
}

// openAsStranger checks that the checkpoint is signed under the name of the very tree it states.
func openAsStranger(keys, checkpoint string) (tree tlog.Tree, err error) {
	var verifiers []note.Verifier
	for _, line := range strings.Fields(keys) {
		verifier, err := note.NewVerifier(line)
		if err != nil {
			return tree, fmt.Errorf("read key: %w", err)
		}
		verifiers = append(verifiers, verifier)
	}
	opened, err := note.Open([]byte(checkpoint), note.VerifierList(verifiers...))
	if err != nil {
		return tree, fmt.Errorf("open checkpoint: %w", err)
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != opened.Sigs[0].Name {
		return tree, errors.New("the checkpoint is signed under another name")
	}
	if tree.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return tree, fmt.Errorf("read size: %w", err)
	}
	tree.Hash, err = tlog.ParseHash(lines[2])
	return tree, err
}
