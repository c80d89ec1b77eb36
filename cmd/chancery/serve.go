package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"chancery/cmd/assembly"
	"chancery/web"
)

// stopPatience is how long answers under way may take once the program was told to stop.
const stopPatience = 10 * time.Second

// serveCommand serves the house.
type serveCommand struct {
	Listen         string `help:"Address to listen on." placeholder:"HOST:PORT"`
	Certificate    string `help:"TLS certificate, PEM." placeholder:"FILE"`
	CertificateKey string `help:"Private key of the certificate, PEM." placeholder:"FILE"`
}

// settings are the flags that were given.
func (c *serveCommand) settings() []assembly.Setting {
	var settings []assembly.Setting
	for _, flag := range []assembly.Setting{{Key: "listen", Value: c.Listen, Place: "--listen"}, {Key: "certificate", Value: absolute(c.Certificate), Place: "--certificate"},
		{Key: "certificate_key", Value: absolute(c.CertificateKey), Place: "--certificate-key"}} {
		if flag.Value != "" {
			settings = append(settings, flag)
		}
	}
	return settings
}

// Run serves until the program is told to stop.
func (c *serveCommand) Run(s *session) (err error) {
	folder, err := s.folder()
	if err != nil {
		return err
	}
	config, err := assembly.ReadConfig(folder, append(assembly.FromEnvironment(s.lookup), c.settings()...)...)
	if err != nil {
		return fmt.Errorf("open %s: %w", folder, err)
	}
	log := s.logger(config, slog.LevelDebug)
	house, err := s.openWith(assembly.Options{Log: log}, c.settings()...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, house.Close()) }()
	return s.serve(house, house.Config.Listen, log, nil)
}

// serve answers on the address until the session's context ends; meanwhile, if given, runs beside it and ends with it.
func (s *session) serve(house *assembly.House, address string, log *slog.Logger, meanwhile func(ctx context.Context, url string) error) error {
	security, err := house.TLS(address)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	url := "http://" + listener.Addr().String()
	if security != nil {
		listener, url = tls.NewListener(listener, security), "https://"+listener.Addr().String()
	}
	server, err := web.New(web.Options{House: house.Chancery, Name: house.Config.Name, Version: release, Secure: security != nil, Zone: house.Config.Zone(),
		Clock: house.Chancery.Clock, Log: log, Streams: house.Config.Streams, StreamsPerAgent: house.Config.StreamsPerAgent})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	post, err := house.OpenPost(log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	ended := make(chan error, 3)
	go func() { ended <- server.Serve(listener) }()
	waiting := 1
	if post.Address != "" {
		waiting++
		go func() { ended <- post.Serve() }()
	}
	if meanwhile != nil {
		waiting++
		go func() { ended <- meanwhile(ctx, url) }()
	}
	s.say("listening", house.Config.Name, url)
	told := map[string]string{"address": url}
	if post.Address != "" {
		s.say("listening_mail", post.Address)
		told["smtp"] = post.Address
	}
	if err := s.answer(told); err != nil {
		return errors.Join(err, post.Close(ctx))
	}
	return s.stopped(ctx, cancel, []stopping{server.Shutdown, post.Close}, ended, waiting)
}

// stopping ends something in good order, and within a time.
type stopping func(context.Context) error

// stopped waits for the signal to stop or for something to go wrong, stops the rest, and waits for all of it.
func (s *session) stopped(ctx context.Context, cancel func(), all []stopping, ended <-chan error, waiting int) error {
	var errs []error
	select {
	case <-ctx.Done():
	case err := <-ended:
		errs = append(errs, err)
		waiting--
	}
	s.say("stopping")
	cancel()
	patience, done := context.WithTimeout(context.Background(), stopPatience)
	defer done()
	for _, stop := range all {
		errs = append(errs, stop(patience))
	}
	for range waiting {
		errs = append(errs, <-ended)
	}
	return errors.Join(errs...)
}
