package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"sort"
	"strings"
	"sync"

	"github.com/gofiber/fiber/v2"
	brotli "github.com/molecule-man/go-brrr"
)

//go:embed assets vendor
var files embed.FS

// asset is one file for the browser, in every encoding that is worth its bytes.
type asset struct {
	url    string // /assets/app-0123456789.css: the name holds the content's digest, so a browser may keep it for ever
	media  string
	plain  []byte
	gzip   []byte
	brotli []byte
}

// assets is every file by the short name that pages use and by address.
type assets struct {
	byName map[string]*asset
	byURL  map[string]*asset
}

// sources names what is served and where it lies.
var sources = map[string]string{
	"bootstrap.css":   "vendor/bootstrap/5.3.9/bootstrap.min.css",
	"htmx.js":         "vendor/htmx.org/4.0.1/htmx.min.js",
	"hx-csp.js":       "vendor/htmx.org/4.0.1/hx-csp.min.js",
	"autocomplete.js": "vendor/auto-complete-element/3.8.0/bundle.js",
	"app.css":         "assets/app.css",
	"app.js":          "assets/app.js",
	"compose.js":      "assets/compose.js",
	"files.js":        "assets/files.js",
	"hub.js":          "assets/hub.js",
	"icon.svg":        "assets/icon.svg",
}

const iconFolder = "vendor/lucide-static/1.62.0/icons"

// loadAssets gives what is embedded, compressed once for however many servers a process runs.
var loadAssets = sync.OnceValues(func() (*assets, error) {
	a := &assets{byName: map[string]*asset{}, byURL: map[string]*asset{}}
	for name, source := range sources {
		content, err := files.ReadFile(source)
		if err != nil {
			return nil, fmt.Errorf("read asset: %w", err)
		}
		if err := a.add(name, content); err != nil {
			return nil, err
		}
	}
	sprite, err := iconSprite()
	if err != nil {
		return nil, err
	}
	return a, a.add("icons.svg", sprite)
})

func (a *assets) add(name string, content []byte) error {
	digest := sha256.Sum256(content)
	suffix := path.Ext(name)
	f := &asset{
		url:   "/assets/" + strings.TrimSuffix(name, suffix) + "-" + hex.EncodeToString(digest[:5]) + suffix,
		media: map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}[suffix],
		plain: content,
	}
	var err error
	if f.gzip, err = gzipped(content); err != nil {
		return err
	}
	var small bytes.Buffer
	w, err := brotli.NewWriter(&small, 9)
	if err != nil {
		return fmt.Errorf("compress %s: %w", name, err)
	}
	if _, err := w.Write(content); err != nil {
		return fmt.Errorf("compress %s: %w", name, err)
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("compress %s: %w", name, err)
	}
	f.brotli = small.Bytes()
	a.byName[name], a.byURL[f.url] = f, f
	return nil
}

func gzipped(content []byte) ([]byte, error) {
	var small bytes.Buffer
	w, err := gzip.NewWriterLevel(&small, gzip.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	if _, err := w.Write(content); err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	return small.Bytes(), nil
}

var (
	svgBody    = regexp.MustCompile(`(?s)<svg[^>]*>(.*)</svg>`)
	whitespace = regexp.MustCompile(`\s+`)
)

// iconSprite gathers the vendored icons, each a symbol under its own name.
func iconSprite() ([]byte, error) {
	icons, err := fs.ReadDir(files, iconFolder)
	if err != nil {
		return nil, fmt.Errorf("read icons: %w", err)
	}
	sort.Slice(icons, func(i, j int) bool { return icons[i].Name() < icons[j].Name() })
	var sprite bytes.Buffer
	sprite.WriteString(`<svg xmlns="http://www.w3.org/2000/svg">`)
	for _, icon := range icons {
		content, err := files.ReadFile(path.Join(iconFolder, icon.Name()))
		if err != nil {
			return nil, fmt.Errorf("read icon: %w", err)
		}
		body := svgBody.FindSubmatch(content)
		if body == nil {
			return nil, fmt.Errorf("read icon %s: no drawing in it", icon.Name())
		}
		fmt.Fprintf(&sprite, `<symbol id="%s" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">%s</symbol>`,
			strings.TrimSuffix(icon.Name(), ".svg"), whitespace.ReplaceAll(bytes.TrimSpace(body[1]), []byte(" ")))
	}
	sprite.WriteString(`</svg>`)
	return sprite.Bytes(), nil
}

// url is the address of an asset by its short name; a page that names one that is not there does not render.
func (a *assets) url(name string) string {
	f, ok := a.byName[name]
	if !ok {
		panic("no asset " + name)
	}
	return f.url
}

// serve answers with an asset in the best encoding that the browser reads.
func (a *assets) serve(c *fiber.Ctx) error {
	f, ok := a.byURL[c.Path()]
	if !ok {
		return fiber.ErrNotFound
	}
	h := &c.Response().Header
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	h.Set("Content-Type", f.media)
	accepted := c.Get("Accept-Encoding")
	switch {
	case accepts(accepted, "br"):
		h.Set("Content-Encoding", "br")
		return c.Send(f.brotli)
	case accepts(accepted, "gzip"):
		h.Set("Content-Encoding", "gzip")
		return c.Send(f.gzip)
	}
	return c.Send(f.plain)
}

// accepts reports whether an Accept-Encoding names the encoding without refusing it.
func accepts(header, encoding string) bool {
	for _, part := range strings.Split(header, ",") {
		name, weight, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(name), encoding) {
			return strings.ReplaceAll(weight, " ", "") != "q=0"
		}
	}
	return false
}
