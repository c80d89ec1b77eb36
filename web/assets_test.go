package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"
	"time"

	brotli "github.com/molecule-man/go-brrr"

	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// TestVendoredFilesAreThoseOfTheManifest: each file is as it was when its package was looked at, and there is none besides.
func TestVendoredFilesAreThoseOfTheManifest(t *testing.T) {
	raw, err := os.ReadFile("vendor/MANIFEST.json")
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct {
		Packages []struct {
			Name, Folder, Version, Licence, Integrity string
			Files                                     map[string]string
		}
	}
	if err := json.Unmarshal(raw, &manifest); err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{"MANIFEST.json": true}
	for _, p := range manifest.Packages {
		if p.Name == "" || p.Licence == "" || !strings.HasPrefix(p.Integrity, "sha512-") || !strings.HasSuffix(p.Folder, "/"+p.Version) {
			t.Errorf("package %+v is not told in full", p)
		}
		if _, ok := p.Files["LICENSE"]; !ok {
			t.Errorf("%s comes without its licence", p.Name)
		}
		for name, want := range p.Files {
			content, err := os.ReadFile(path.Join("vendor", p.Folder, name))
			if err != nil {
				t.Error(err)
				continue
			}
			if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != want {
				t.Errorf("%s/%s was changed", p.Name, name)
			}
			listed[path.Join(p.Folder, name)] = true
		}
	}
	err = fs.WalkDir(os.DirFS("vendor"), ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && !listed[name] {
			t.Errorf("%s is in no package of the manifest", name)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestAssetsAreServedForEver(t *testing.T) {
	s := bareServer(t)
	v := (&lodge{t: t, server: s}).stranger()
	for name, asset := range s.assets.byName {
		for encoding, unpack := range map[string]func(io.Reader) (io.Reader, error){
			"":             func(r io.Reader) (io.Reader, error) { return r, nil },
			"gzip":         func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
			"gzip, br":     func(r io.Reader) (io.Reader, error) { return brotli.NewReader(r), nil },
			"br;q=0, gzip": func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
		} {
			v.headers["Accept-Encoding"] = encoding
			answer := v.get(asset.url).wants(200)
			answer.bearsHeaders()
			reader, err := unpack(bytes.NewReader(answer.body))
			if err != nil {
				t.Fatalf("%s (%s): %v", name, encoding, err)
			}
			if content, err := io.ReadAll(reader); err != nil || !bytes.Equal(content, asset.plain) {
				t.Errorf("%s (%s): not the file (%v)", name, encoding, err)
			}
			if answer.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" || answer.Header.Get("Vary") != "Accept-Encoding" {
				t.Errorf("%s: %v", name, answer.Header)
			}
		}
	}
}

// homeBudget is the most that the home page may weigh, compressed, with everything it loads: 100 kB.
const homeBudget = 100_000

// TestHomePageIsLight weighs a full home page, as a browser that reads gzip loads it the first time.
func TestHomePageIsLight(t *testing.T) {
	l := newLodge(t)
	for i := range feedRows + 1 {
		l.Clock.Advance(time.Minute)
		form := housetest.Telegram("bamako", "dam", habilitation.Unprotected, fmt.Sprintf("Situation du marché numéro %d dans le delta intérieur : %x", i, sha256.Sum256([]byte{byte(i)})))
		form.Tags = []string{"sahel"}
		form.Summary = fmt.Sprintf("Résumé %x avec assez de mots pour remplir la ligne entière du téléscripteur.", sha256.Sum256([]byte{byte(i), 1}))
		l.As("paul").Dispatches(form)
	}
	marie := l.visit("marie", habilitation.Restricted)
	marie.headers["Accept-Encoding"] = "gzip"
	answer := marie.get("/").wants(200)
	if answer.Header.Get("Content-Encoding") != "gzip" {
		t.Fatal("the home page is not compressed")
	}
	total := len(answer.body)
	t.Logf("page %d", total)
	unpacked, err := gzip.NewReader(bytes.NewReader(answer.body))
	if err != nil {
		t.Fatal(err)
	}
	page, err := io.ReadAll(unpacked)
	if err != nil {
		t.Fatal(err)
	}
	if rows := bytes.Count(page, []byte("data-row ")); rows != feedRows {
		t.Errorf("%d rows, want %d", rows, feedRows)
	}
	for name, asset := range l.server.assets.byName {
		if bytes.Contains(page, []byte(asset.url)) {
			t.Logf("%-16s %6d (br %d)", name, len(asset.gzip), len(asset.brotli))
			total += len(asset.gzip)
		}
	}
	t.Logf("home page: %d bytes in all", total)
	if total > homeBudget {
		t.Errorf("the home page weighs %d bytes, more than %d", total, homeBudget)
	}
}

// TestOnlyUnechoingPagesAreCompressed: a page that repeats words of the request beside the reader's own would tell by its length.
func TestOnlyUnechoingPagesAreCompressed(t *testing.T) {
	l, ids := furnished(t)
	marie := l.visit("marie", habilitation.Restricted)
	marie.headers["Accept-Encoding"] = "gzip, br"
	for path, want := range map[string]string{"/": "gzip", "/messages/" + ids["open"]: "gzip", "/groups": "gzip", "/search?q=crue": "", "/compose": "", "/nowhere": "", "/tags?q=x": ""} {
		if got := marie.get(path).Header.Get("Content-Encoding"); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

func TestDispositionCannotBeEscaped(t *testing.T) {
	for name, want := range map[string]string{
		"note.pdf":             `attachment; filename="note.pdf"; filename*=UTF-8''note.pdf`,
		"été \"1\".pdf":        `attachment; filename="_t_ _1_.pdf"; filename*=UTF-8''%C3%A9t%C3%A9%20%221%22.pdf`,
		"../../etc/passwd":     `attachment; filename=".._.._etc_passwd"; filename*=UTF-8''.._.._etc_passwd`,
		"a\r\nSet-Cookie: b=c": `attachment; filename="a__Set-Cookie: b=c"; filename*=UTF-8''a__Set-Cookie%3A%20b%3Dc`,
		"fdp.\u202eexe":        `attachment; filename="fdp._exe"; filename*=UTF-8''fdp._exe`,
	} {
		if got := disposition(name); got != want {
			t.Errorf("%q:\n got %s\nwant %s", name, got, want)
		}
	}
}
