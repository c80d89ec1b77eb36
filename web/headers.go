package web

import (
	"strings"

	"github.com/gofiber/fiber/v2"
)

// permissions names every ability of the browser that no page uses, so that none can be asked for.
const permissions = "accelerometer=(), autoplay=(), browsing-topics=(), camera=(), display-capture=(), encrypted-media=(), " +
	"fullscreen=(), gamepad=(), geolocation=(), gyroscope=(), hid=(), idle-detection=(), local-fonts=(), magnetometer=(), microphone=(), " +
	"midi=(), payment=(), publickey-credentials-get=(), screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()"

// contentPolicy is the Content-Security-Policy of an answer with this nonce: nothing but our own files, scripts only by nonce,
// (data: images are the marks inside Bootstrap's own style sheet), and no string becomes markup but through the policies named.
func contentPolicy(nonce string) string {
	return "default-src 'none'; script-src 'nonce-" + nonce + "' 'strict-dynamic'; style-src 'self'; img-src 'self' data:; " +
		"connect-src 'self'; font-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; " +
		"frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types htmx chancery"
}

// inertPolicy is for documents that are handed out and never rendered with rights: originals and attachments.
const inertPolicy = "default-src 'none'; sandbox; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// setHeaders puts the headers of every answer, error or not; a handler may only replace the cache rule and the content policy.
func (s *Server) setHeaders(c *fiber.Ctx) {
	h := &c.Response().Header
	h.Set("Content-Security-Policy", contentPolicy(s.nonce(c)))
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cross-Origin-Embedder-Policy", "require-corp")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Permissions-Policy", permissions)
	h.Set("Cache-Control", "no-store")
	if s.options.Secure {
		h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
	}
}

// acceptsPage reports whether an error should be told as a page: not under /api, and the peer did not ask for JSON instead.
func acceptsPage(c *fiber.Ctx) bool {
	if isAPI(c.Path()) {
		return false
	}
	accept := c.Get("Accept")
	return accept == "" || strings.Contains(accept, "text/html") || strings.Contains(accept, "*/*") || !strings.Contains(accept, "json")
}

func isAPI(path string) bool { return path == "/api" || strings.HasPrefix(path, "/api/") }
