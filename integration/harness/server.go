package harness

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/log"
	"github.com/testcontainers/testcontainers-go/modules/mongodb"
	"github.com/testcontainers/testcontainers-go/wait"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

const (
	defaultImage = "mongo:8"
	compatImage  = "mongoauthz/mongo-compat"

	// inputsLabel marks an image built by integration/server/image.sh.
	inputsLabel = "com.github.mongoauthz.inputs"
	// ownerLabel and hostLabel name the process that a container belongs to.
	ownerLabel = "com.github.mongoauthz.owner-pid"
	hostLabel  = "com.github.mongoauthz.owner-host"

	// startLimit bounds a start with the image at hand; pullLimit bounds the pull before it.
	startLimit = 2 * time.Minute
	pullLimit  = 10 * time.Minute

	// compatMemory is what the compatible server's container may use, in bytes.
	compatMemory = 4 << 30
)

// ErrNoServer is returned by [Start] where there is neither MONGODB_URI nor a Docker engine with an image to run. Its
// text, one line, says what to install or set.
var ErrNoServer = errors.New("harness: no server for the tests")

// Server is a server that answers. The process that called [Start] ends it with [Server.Stop].
type Server struct {
	uri       string
	source    string
	product   string
	version   string
	compat    bool
	container testcontainers.Container
}

// URI returns the connection string. It may hold a password where MONGODB_URI does.
func (s *Server) URI() string { return s.uri }

// Compat reports whether the server is FerretDB, by which the image mongoauthz/mongo-compat answers, and not MongoDB.
func (s *Server) Compat() bool { return s.compat }

// Version returns the version of MongoDB that the server reports, for example "8.0.4". FerretDB reports the version that
// it imitates.
func (s *Server) Version() string { return s.version }

// String names the product, its version and where it comes from, without the connection string.
func (s *Server) String() string { return s.product + ", " + s.source }

// Stop removes the container, if [Start] started one.
func (s *Server) Stop() error {
	if s.container == nil {
		return nil
	}
	// Nothing in it is worth an orderly end.
	if err := testcontainers.TerminateContainer(s.container, testcontainers.StopTimeout(0)); err != nil {
		return fmt.Errorf("harness: remove the container: %w", err)
	}
	return nil
}

// Start finds or starts a server, in the order that the package comment gives, and returns once it answers. It returns
// an error that matches [ErrNoServer] if there is nothing to start, the context's error if that ends first, and
// otherwise the error of the engine or of the server.
func Start(ctx context.Context) (*Server, error) {
	if uri := os.Getenv("MONGODB_URI"); uri != "" {
		s := &Server{uri: uri, source: "given by MONGODB_URI"}
		if err := s.await(ctx, 30*time.Second); err != nil {
			// The driver's error may repeat the address; the connection string itself stays out of the text.
			return nil, fmt.Errorf("harness: the server that MONGODB_URI names does not answer: %w", err)
		}
		return s, nil
	}

	image, compat, err := findImage(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	host, _ := os.Hostname()
	opts := []testcontainers.ContainerCustomizer{
		// The module waits for a line of mongod's log; the compatible server prints none. await pings either.
		testcontainers.WithWaitStrategy(wait.ForListeningPort("27017/tcp").SkipInternalCheck()),
		testcontainers.WithLabels(map[string]string{ownerLabel: strconv.Itoa(os.Getpid()), hostLabel: host}),
	}
	if compat {
		// Its planner can take all memory for deeply nested joins: it, and not the machine, must run out of it.
		opts = append(opts, testcontainers.WithHostConfigModifier(func(c *container.HostConfig) {
			c.Memory, c.MemorySwap = compatMemory, compatMemory
		}))
	} else {
		opts = append(opts, mongodb.WithReplicaSet("rs0"))
	}
	s := &Server{source: "container of " + image}
	started, err := mongodb.Run(ctx, image, opts...)
	if started != nil {
		s.container = started.Container
	}
	if err == nil {
		var endpoint string
		if endpoint, err = started.PortEndpoint(ctx, "27017/tcp", ""); err == nil {
			// The member of the replica set is known to itself by the container's inner address; do not go there.
			s.uri = "mongodb://" + endpoint + "/?directConnection=true"
			err = s.await(ctx, startLimit)
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("harness: start %s: %w", image, err), s.Stop())
	}
	return s, nil
}

// findImage returns the image to run and whether it is the compatible server. It sets the variables that testcontainers
// reads, and removes containers whose process is gone.
func findImage(ctx context.Context) (image string, compat bool, err error) {
	// Before the first call: testcontainers reads its settings once.
	setDefault("TESTCONTAINERS_RYUK_DISABLED", "true")
	log.SetDefault(log.NewNoopLogger())

	docker, err := testcontainers.NewDockerClientWithOpts(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return "", false, ctx.Err()
		}
		return "", false, fmt.Errorf("%w: no Docker engine answers; install and start Docker (\"make docker-engine\" on Debian as root), or set MONGODB_URI", ErrNoServer)
	}
	defer docker.Close()

	host, hostErr := os.Hostname()
	info, err := docker.Info(ctx, client.InfoOptions{})
	if err != nil {
		return "", false, fmt.Errorf("harness: ask the Docker engine: %w", err)
	}
	if hostErr == nil && info.Info.Name == host && os.Getenv("DOCKER_HOST") == "" {
		// The engine runs right here, so its ports are on the loopback address. Where this machine looks like a
		// container, testcontainers would take the address of a gateway instead.
		setDefault("TESTCONTAINERS_HOST_OVERRIDE", "127.0.0.1")
	}
	if hostErr == nil {
		removeOrphans(ctx, docker, host)
	}

	wanted, asked := os.LookupEnv("MONGOAUTHZ_TEST_IMAGE")
	if wanted == "" {
		wanted, asked = defaultImage, false
	}
	if found, err := docker.ImageInspect(ctx, wanted); err == nil {
		return wanted, found.Config != nil && found.Config.Labels[inputsLabel] != "", nil
	}
	pullErr := pull(ctx, docker, wanted)
	switch {
	case pullErr == nil:
		return wanted, false, nil
	case ctx.Err() != nil:
		return "", false, ctx.Err()
	case asked:
		return "", false, fmt.Errorf("%w: the Docker engine neither has nor can pull MONGOAUTHZ_TEST_IMAGE=%s; load it or unset the variable, or set MONGODB_URI", ErrNoServer, wanted)
	}
	if _, err := docker.ImageInspect(ctx, compatImage); err == nil {
		return compatImage, true, nil
	}
	return "", false, fmt.Errorf("%w: the Docker engine neither has nor can pull %s; build %s with \"make server-image\", or set MONGODB_URI", ErrNoServer, wanted, compatImage)
}

// pull tries once. The provider of testcontainers would try for a quarter of an hour where no registry is reachable.
func pull(ctx context.Context, docker *testcontainers.DockerClient, image string) error {
	ctx, cancel := context.WithTimeout(ctx, pullLimit)
	defer cancel()
	var opts client.ImagePullOptions
	// With the login of the docker command, if there is one for the registry.
	if _, login, err := testcontainers.DockerImageAuth(ctx, image); err == nil {
		if encoded, err := json.Marshal(login); err == nil {
			opts.RegistryAuth = base64.URLEncoding.EncodeToString(encoded)
		}
	}
	response, err := docker.ImagePull(ctx, image, opts)
	if err != nil {
		return err
	}
	defer response.Close()
	return response.Wait(ctx)
}

// removeOrphans removes the containers of processes of this host that have ended, by a kill or a panic, without doing it
// themselves. It does what it can: a container that stays is no reason not to test.
func removeOrphans(ctx context.Context, docker *testcontainers.DockerClient, host string) {
	list, err := docker.ContainerList(ctx, client.ContainerListOptions{
		All:     true,
		Filters: client.Filters{}.Add("label", hostLabel+"="+host),
	})
	if err != nil {
		return
	}
	for _, c := range list.Items {
		pid, err := strconv.Atoi(c.Labels[ownerLabel])
		if err != nil || alive(pid) {
			continue
		}
		_, _ = docker.ContainerRemove(ctx, c.ID, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	}
}

// alive reports whether the process exists; in doubt it does.
func alive(pid int) bool {
	process, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	err = process.Signal(syscall.Signal(0))
	return !errors.Is(err, os.ErrProcessDone) && !errors.Is(err, syscall.ESRCH)
}

// await returns once the server answers a ping and, in a replica set, takes writes. It fills in what the server says of
// itself.
func (s *Server) await(ctx context.Context, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	c, err := mongo.Connect(options.Client().ApplyURI(s.uri).SetServerSelectionTimeout(time.Second))
	if err != nil {
		return redact(err)
	}
	defer func() { _ = c.Disconnect(context.WithoutCancel(ctx)) }()

	admin := c.Database("admin")
	for {
		var hello struct {
			IsWritablePrimary bool `bson:"isWritablePrimary"`
		}
		err = c.Ping(ctx, nil)
		if err == nil {
			err = admin.RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Decode(&hello)
		}
		if err == nil && hello.IsWritablePrimary {
			break
		}
		if err == nil {
			err = errors.New("it takes no writes")
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(50 * time.Millisecond):
		}
	}

	var build struct {
		Version  string `bson:"version"`
		FerretDB *struct {
			Version string `bson:"version"`
		} `bson:"ferretdb"`
	}
	if err := admin.RunCommand(ctx, bson.D{{Key: "buildInfo", Value: 1}}).Decode(&build); err != nil {
		return err
	}
	s.version = build.Version
	s.product = "MongoDB " + build.Version
	if build.FerretDB != nil {
		s.compat = true
		s.product = fmt.Sprintf("FerretDB %s (as MongoDB %s)", build.FerretDB.Version, build.Version)
	}
	return nil
}

// redact drops the text of a URL from the error of parsing it, since that may be a connection string with a password.
func redact(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

func setDefault(name, value string) {
	if _, set := os.LookupEnv(name); !set {
		_ = os.Setenv(name, value)
	}
}

// oneLine makes the text of err fit for a line of its own.
func oneLine(err error) string {
	return strings.Join(strings.Fields(err.Error()), " ")
}
