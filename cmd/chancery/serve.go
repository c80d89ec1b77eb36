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
	Restored       bool   `help:"Go on from an older state on purpose: a part of the folder was put back from an earlier backup, or what readings, desks or credentials held is lost. It is noted in the journal of readings."`
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
	house, err := s.openWith(assembly.Options{Log: log, Restored: c.Restored}, c.settings()...)
	if err != nil {
		return err
	}
	defer func() { err = endedWell(err, house.Close()) }()
	listener, err := listen(house.Config.Listen)
	if err != nil {
		return err
	}
	return s.serve(house, listener, log, nil)
}

func listen(address string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	return listener, nil
}

// endedWell joins what ended the service with what closing the house said, unless that is the same.
func endedWell(err, closing error) error {
	if closing != nil && errors.Is(err, closing) {
		return err
	}
	return errors.Join(err, closing)
}

// serve answers on the listener until the session's context ends or the house can decide no more; meanwhile, if given, runs beside it and ends
// with it.
func (s *session) serve(house *assembly.House, listener net.Listener, log *slog.Logger, meanwhile func(ctx context.Context, url string) error) error {
	security, err := house.TLS(listener.Addr().String())
	if err != nil {
		return errors.Join(err, listener.Close())
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
	ended := make(chan error, 4)
	go func() { ended <- server.Serve(listener) }()
	go func() { ended <- deciding(ctx, house) }()
	waiting := 2
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
	return s.stopped(ctx, cancel, []stopping{server.Shutdown, shut(listener), post.Close}, ended, waiting)
}

// deciding waits until the house can decide no more: what its memory and its disk hold may differ then, and only a new start tells.
func deciding(ctx context.Context, house *assembly.House) error {
	select {
	case <-ctx.Done():
		return nil
	case <-house.Chancery.Failed():
		return fmt.Errorf("the house stops deciding: %w", house.Chancery.Ready(ctx))
	}
}

// shut closes a listener that a server may not have begun to answer on, and which its own shutdown then leaves open.
func shut(listener net.Listener) stopping {
	return func(context.Context) error {
		if err := listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			return fmt.Errorf("stop listening: %w", err)
		}
		return nil
	}
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
		if err := <-ended; !errors.Is(err, net.ErrClosed) { // which is how a listener ends that was shut
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
