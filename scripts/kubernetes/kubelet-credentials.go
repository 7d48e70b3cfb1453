// kubelet-credentials does what a kubelet does before it pulls an image: it reads the CredentialProviderConfig
// strictly, runs the plugin, and prints the credentials for the image as JSON. It is the code of the kubelet itself,
// from the module k8s.io/kubernetes. Tests need it. scripts/install-parts.sh builds it.
//
//	kubelet-credentials pull CONFIG FOLDER-OF-PLUGINS IMAGE <TOKEN
//	kubelet-credentials rbac FILE AUDIENCE
//
// With rbac, it decodes the file strictly with the types of k8s.io/api/rbac/v1, and prints whether nodes may request
// tokens for the audience.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/credentialprovider/plugin"
)

func main() {
	// The kubelet writes its messages to stderr, among them those of the plugin.
	flags := flag.NewFlagSet("klog", flag.ExitOnError)
	klog.InitFlags(flags)
	must(flags.Parse([]string{"-logtostderr=true"}))
	defer klog.Flush()
	switch {
	case len(os.Args) == 5 && os.Args[1] == "pull":
		pull(os.Args[2], os.Args[3], os.Args[4])
	case len(os.Args) == 4 && os.Args[1] == "rbac":
		rbac(os.Args[2], os.Args[3])
	default:
		must(errors.New("usage: kubelet-credentials pull CONFIG FOLDER IMAGE <TOKEN | rbac FILE AUDIENCE"))
	}
}

func pull(config, folder, image string) {
	input, err := io.ReadAll(os.Stdin)
	must(err)
	token := strings.TrimSpace(string(input))
	requests := []authenticationv1.TokenRequestSpec{}
	getToken := func(_, _ string, request *authenticationv1.TokenRequest) (*authenticationv1.TokenRequest, error) {
		requests = append(requests, request.Spec)
		expires := metav1.NewTime(time.Now().Add(time.Hour))
		return &authenticationv1.TokenRequest{
			Status: authenticationv1.TokenRequestStatus{Token: token, ExpirationTimestamp: expires},
		}, nil
	}
	getServiceAccount := func(namespace, name string) (*corev1.ServiceAccount, error) {
		meta := metav1.ObjectMeta{Namespace: namespace, Name: name, UID: "00000000-0000-0000-0000-000000000001"}
		return &corev1.ServiceAccount{ObjectMeta: meta}, nil
	}
	must(plugin.RegisterCredentialProviderPlugins(config, folder, getToken, getServiceAccount))
	keyring := plugin.NewExternalCredentialProviderDockerKeyring("shop", "web-1", "00000000-0000-0000-0000-000000000002", "web")
	found, _ := keyring.Lookup(image)
	type login struct{ Username, Password string }
	logins := []login{}
	for _, each := range found {
		logins = append(logins, login{each.AuthConfig.Username, each.AuthConfig.Password})
	}
	audiences := []string{}
	for _, request := range requests {
		audiences = append(audiences, request.Audiences...)
	}
	must(json.NewEncoder(os.Stdout).Encode(map[string]any{"logins": logins, "audiences": audiences}))
}

func rbac(file, audience string) {
	data, err := os.ReadFile(file)
	must(err)
	scheme := runtime.NewScheme()
	must(rbacv1.AddToScheme(scheme))
	decoder := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
	allowing := []string{}
	allowed := []string{}
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(data)))
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		must(err)
		object, _, err := decoder.Decode(document, nil, nil)
		must(err)
		switch object := object.(type) {
		case *rbacv1.ClusterRole:
			for _, rule := range object.Rules {
				if slices.Equal(rule.APIGroups, []string{""}) && slices.Contains(rule.Resources, audience) &&
					slices.Equal(rule.Verbs, []string{"request-serviceaccounts-token-audience"}) {
					allowing = append(allowing, object.Name)
				}
			}
		case *rbacv1.ClusterRoleBinding:
			if object.RoleRef.Kind != "ClusterRole" || object.RoleRef.APIGroup != rbacv1.GroupName {
				must(fmt.Errorf("unexpected role reference %v", object.RoleRef))
			}
			for _, subject := range object.Subjects {
				if subject.APIGroup == rbacv1.GroupName && slices.Contains(allowing, object.RoleRef.Name) {
					allowed = append(allowed, subject.Kind+" "+subject.Name)
				}
			}
		default:
			must(fmt.Errorf("unexpected object %T", object))
		}
	}
	must(json.NewEncoder(os.Stdout).Encode(map[string]any{"allowed": allowed}))
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
