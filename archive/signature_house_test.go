package archive_test

import (
	"context"
	"crypto/sha256"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"chancery/archive"
	"chancery/archive/boltkeys"
	"chancery/habilitation"
)

// signingDay is the clock of every test house.
var signingDay = time.Date(2026, 3, 14, 15, 9, 26, 535897000, time.UTC)

// signingEpoch is signingDay for openssl, which otherwise judges certificates by today's date.
var signingEpoch = strconv.FormatInt(signingDay.Unix(), 10)

// seeded gives every purpose its own reproducible bytes.
func seeded(purpose string) io.Reader {
	return rand.NewChaCha8(sha256.Sum256([]byte("test house " + purpose)))
}

// openKeys opens a key store of the real engine in a folder of its own.
func openKeys(tb testing.TB) archive.Keys {
	tb.Helper()
	keys, err := boltkeys.Create(filepath.Join(tb.TempDir(), "keys.db"), archive.MasterKey{1}, boltkeys.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = keys.Close() })
	return keys
}

// sealeryConfig is a house whose certificates are the same at every run.
func sealeryConfig(keys archive.Keys) archive.SealeryConfig {
	return archive.SealeryConfig{
		House:  "Ministère de Valmont",
		Origin: "valmont.example/house",
		Keys:   keys,
		Clock:  func() time.Time { return signingDay },
		Random: seeded,
	}
}

// foundHouse founds the sealery of a test house.
func foundHouse(tb testing.TB) *archive.Sealery {
	tb.Helper()
	sealery, err := archive.FoundSealery(context.Background(), sealeryConfig(openKeys(tb)))
	if err != nil {
		tb.Fatal(err)
	}
	return sealery
}

// consul is the agent who signs in the tests.
func consul(tb testing.TB, sealery *archive.Sealery) *archive.Signer {
	tb.Helper()
	signer, err := sealery.SignerFor(context.Background(), 7, "Hélène Vasseur")
	if err != nil {
		tb.Fatal(err)
	}
	return signer
}

// telegram is content worth signing: canonical CRLF mail.
func telegram() []byte {
	return []byte("X-Chancery-Number: TD VALMONT 1\r\nSubject: essai\r\n\r\nLe consul rend compte.\r\n")
}

// signed is the telegram's signature by the consul, labelled restricted.
func signed(tb testing.TB, sealery *archive.Sealery) []byte {
	tb.Helper()
	p7s, err := archive.SignDetached(context.Background(), telegram(), consul(tb, sealery), sealery.Stamper(), signingDay,
		sealery.Label(habilitation.Restricted))
	if err != nil {
		tb.Fatal(err)
	}
	return p7s
}

// write puts bytes in a file of the test and returns its path.
func write(tb testing.TB, name string, content []byte) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}

// needOpenSSL finds the outside verifier, or says loudly what is not checked without it.
func needOpenSSL(tb testing.TB) {
	tb.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		tb.Skip("SKIPPED, NOT PROVED: no openssl here, so nobody outside the house has checked these signatures")
	}
}

// openssl runs the command and returns what it said and whether it succeeded.
func openssl(arguments ...string) (string, bool) {
	said, err := exec.Command("openssl", arguments...).CombinedOutput()
	return string(said), err == nil
}
