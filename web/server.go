package web

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/go-playground/validator/v10"
	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
	"chancery/web/paper"
)

// Options are what a server is built from. House is needed; every other field has a default.
type Options struct {
	House           *correspondence.Chancery
	Name            string           // of the house, in the header of every page; default "Chancery"
	Version         string           // of the program, in the API's description
	Secure          bool             // the listener speaks TLS: cookies are Secure and __Host-, and HSTS is sent
	Zone            *time.Location   // in which pages tell the time; default UTC
	Clock           func() time.Time // default time.Now
	Random          io.Reader        // nonces, form tokens and incident numbers; default crypto/rand
	Log             *slog.Logger     // default slog.Default()
	Streams         int              // live streams at once in all; default 10,000
	StreamsPerAgent int              // default 5
	Heartbeat       time.Duration    // how long one write to a stream may take; default 10 s
}

// Server answers people and programs for one house.
type Server struct {
	options   Options
	house     *correspondence.Chancery
	app       *fiber.App
	routes    []route
	pages     []shownPage // those that a refused form can be shown on again
	assets    *assets
	catalogue *catalogue
	openapi   func() ([]byte, error) // made when it is first asked for: reflecting every type takes seconds
	streams   *streamCount
	exports   *streamCount
	fonts     *paper.Fonts
	refreshes *refreshes
	random    *lockedReader
	validate  *validator.Validate
	log       *slog.Logger

	life context.Context // ends when the server stops; streams end with it
	end  context.CancelFunc
}

// bodyLimit is the most a request's body may have, in bytes.
const bodyLimit = 1 << 20

// New builds the server and its routes; it listens to nothing yet.
func New(options Options) (*Server, error) {
	if options.House == nil {
		return nil, errors.New("build web server: no house given")
	}
	options.fill()
	s := &Server{
		options:   options,
		house:     options.House,
		streams:   newStreamCount(options.Streams, options.StreamsPerAgent),
		exports:   newStreamCount(exportsMost, exportsEach),
		refreshes: newRefreshes(options.Clock),
		random:    &lockedReader{from: options.Random},
		validate:  newValidator(),
		log:       options.Log,
	}
	s.life, s.end = context.WithCancel(context.Background())
	var err error
	if s.catalogue, err = loadCatalogue(); err != nil {
		return nil, fmt.Errorf("load catalogues: %w", err)
	}
	if s.assets, err = loadAssets(); err != nil {
		return nil, fmt.Errorf("load assets: %w", err)
	}
	if s.fonts, err = paper.ReadFonts(); err != nil {
		return nil, fmt.Errorf("load fonts: %w", err)
	}
	s.app = fiber.New(s.fiberConfig())
	s.app.Server().Handler = s.wholeBodies(s.knownMethods(s.app.Handler()))
	s.app.Server().HeaderReceived = s.awaited
	s.app.Use(s.guard)
	s.registerAPI()
	s.registerPages()
	s.openapi = sync.OnceValues(s.describe)
	return s, nil
}

func (o *Options) fill() {
	if o.Name == "" {
		o.Name = "Chancery"
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Streams == 0 {
		o.Streams = 10_000
	}
	if o.StreamsPerAgent == 0 {
		o.StreamsPerAgent = 5
	}
	if o.Heartbeat == 0 {
		o.Heartbeat = 10 * time.Second
	}
}

// fiberConfig is the configuration that security requires, each line against something seen to go wrong with the default.
func (s *Server) fiberConfig() fiber.Config {
	return fiber.Config{
		Immutable:                    true, // else a string kept from one request becomes part of another's
		StrictRouting:                true,
		CaseSensitive:                true,
		UnescapePath:                 false,
		DisableStartupMessage:        true,
		BodyLimit:                    bodyLimit, // less for strangers
		StreamRequestBody:            true,      // for uploads; it disables BodyLimit, so wholeBodies bounds every other body
		DisablePreParseMultipartForm: true,      // no handler reads one
		ReadBufferSize:               16 << 10,
		Concurrency:                  4096 + s.options.Streams,
		ReadTimeout:                  10 * time.Second,
		WriteTimeout:                 30 * time.Second, // streams set their own deadline before each write
		IdleTimeout:                  60 * time.Second,
		EnableTrustedProxyCheck:      true,
		ProxyHeader:                  "",
		EnableIPValidation:           true,
		ServerHeader:                 "",
		DisableDefaultDate:           false,
		ErrorHandler:                 s.answerError,
	}
}

// Serve answers on the listener, which may speak TLS, until Shutdown. It returns nil after an orderly stop.
func (s *Server) Serve(listener net.Listener) error {
	if err := s.app.Listener(lingering(listener)); err != nil {
		return fmt.Errorf("serve on %s: %w", listener.Addr(), err)
	}
	return nil
}

// Shutdown ends the streams at once and waits for the other answers until ctx ends.
func (s *Server) Shutdown(ctx context.Context) error {
	s.end()
	if err := s.app.ShutdownWithContext(ctx); err != nil {
		return fmt.Errorf("stop web server: %w", err)
	}
	return nil
}

// OpenAPI is the description of the API, in JSON.
func (s *Server) OpenAPI() ([]byte, error) { return s.openapi() }

// lockedReader lets many requests draw from one source of randomness.
type lockedReader struct {
	mutex sync.Mutex
	from  io.Reader
}

func (r *lockedReader) Read(to []byte) (int, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return io.ReadFull(r.from, to)
}
