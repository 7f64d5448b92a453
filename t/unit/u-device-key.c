/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "device-id.h"
#include "device-key.h"
#include "hex.h"
#include "random.h"
#include "tap.h"

/* A key made once, so that fingerprint and id are known to stay what they are. */
static const char known_pem[] =
	"-----BEGIN PRIVATE KEY-----\n"
	"MC4CAQAwBQYDK2VwBCIEIP6Q/L5eTw73IZrPkL4mCjo3kcovia72cqHsKs+r7nCn\n"
	"-----END PRIVATE KEY-----\n"
	"-----BEGIN CERTIFICATE-----\n"
	"MIHpMIGcoAMCAQICCFq6PAGkzGp1MAUGAytlcDAaMRgwFgYDVQQDDA9naXQtcmVt\n"
	"b3RlLXhtcHAwIBcNNzAwMTAxMDAwMDAwWhgPOTk5OTEyMzEyMzU5NTlaMBoxGDAW\n"
	"BgNVBAMMD2dpdC1yZW1vdGUteG1wcDAqMAUGAytlcAMhAGXua7usiubnbkn5voKU\n"
	"gL/t8NqpnBlbP+zRt7HJqq8OMAUGAytlcANBAKQ0Uc513leTt4vuGHaZCrDGLUSV\n"
	"ZbIdRiHQpDdWtFxk0dlkjeFQuBHJjZRqoRK7m4LKAPuxcXWfZYIAQMAjKww=\n"
	"-----END CERTIFICATE-----\n";
#define KNOWN_FP "c329002c84154ca34e0b9a32ca2fe50871fe2d0bef29d999f034c4a68a10a9ad"
#define KNOWN_ID "ymuqaleecvgkgtql"

/* An EC key with its certificate: well-formed, but not of our kind. */
static const char ec_pem[] =
	"-----BEGIN PRIVATE KEY-----\n"
	"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgDiEfe29Fs2lgiddV\n"
	"8FrRwiJ6fl+p0e6LwoLAwB2ntT+hRANCAAQvn+KAY6PLSEs+KKd798qvm4CKQhYy\n"
	"4j4IZ0hXGBu7Je7kGHAa0W4L/aOi2T3lGG/vYaxd5tNVa/4m0UUmh3nw\n"
	"-----END PRIVATE KEY-----\n"
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBjDCCATGgAwIBAgIUTs/95VO728WGtBDm+BZQHp4oLPMwCgYIKoZIzj0EAwIw\n"
	"GjEYMBYGA1UEAwwPZ2l0LXJlbW90ZS14bXBwMCAXDTI2MTEyNDIzNDkzNFoYDzIx\n"
	"MjYxMDMxMjM0OTM0WjAaMRgwFgYDVQQDDA9naXQtcmVtb3RlLXhtcHAwWTATBgcq\n"
	"hkjOPQIBBggqhkjOPQMBBwNCAAQvn+KAY6PLSEs+KKd798qvm4CKQhYy4j4IZ0hX\n"
	"GBu7Je7kGHAa0W4L/aOi2T3lGG/vYaxd5tNVa/4m0UUmh3nwo1MwUTAdBgNVHQ4E\n"
	"FgQUYwAnM9BtDfaydlRLr8V+ej3mEIIwHwYDVR0jBBgwFoAUYwAnM9BtDfaydlRL\n"
	"r8V+ej3mEIIwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEAruX0\n"
	"CZBK521I/58WIJYJ4ZUCUCGBFs8MjmFHGfFPdXwCIQCU9EraP/aWzfh0D82DRD0X\n"
	"229KgaDucLCMb3clyfajaw==\n"
	"-----END CERTIFICATE-----\n";

static void test_known(void)
{
	struct device_key *key = device_key_parse(known_pem);
	char hex[2 * FINGERPRINT_BYTES + 1], id[DEVICE_ID_LEN + 1], *pem;

	if (!ok(key != NULL, "a key in PEM is read"))
		return;
	hex_encode(device_key_fingerprint(key), FINGERPRINT_BYTES, hex);
	is_str(hex, KNOWN_FP, "its fingerprint is SHA-256 of the SubjectPublicKeyInfo");
	device_id_of(device_key_fingerprint(key), id);
	is_str(id, KNOWN_ID, "its id is base32 of that");
	pem = device_key_pem(key);
	is_str(pem, known_pem, "it is written as it was read");
	free(pem);
	device_key_destroy(key);
}

static void test_generate(void)
{
	struct device_key *a = device_key_generate(), *b = device_key_generate(), *again;
	char *pem = device_key_pem(a);

	again = device_key_parse(pem);
	ok(again && !memcmp(device_key_fingerprint(a), device_key_fingerprint(again),
			    FINGERPRINT_BYTES), "a new key is the same after a restart");
	ok(memcmp(device_key_fingerprint(a), device_key_fingerprint(b), FINGERPRINT_BYTES) != 0,
	   "two new keys differ");
	free(pem);
	device_key_destroy(a);
	device_key_destroy(b);
	device_key_destroy(again);
	device_key_destroy(NULL);
}

static void test_refused(void)
{
	struct device_key *b = device_key_generate();
	char *pem_b = device_key_pem(b), *mixed = malloc(sizeof(known_pem) + strlen(pem_b));
	const char *certificate_b = strstr(pem_b, "-----BEGIN CERTIFICATE");
	size_t key_len = (size_t)(strstr(known_pem, "-----BEGIN CERTIFICATE") - known_pem);
	int taken = 0;

	ok(!device_key_parse(""), "an empty file is no key");
	ok(!device_key_parse("not PEM\n"), "text is no key");
	ok(!device_key_parse(ec_pem), "an EC key is none of ours");
	ok(!device_key_parse(certificate_b), "a certificate alone is no key");
	memcpy(mixed, known_pem, key_len);
	strcpy(mixed + key_len, certificate_b);
	ok(!device_key_parse(mixed), "a key with another key's certificate is refused");
	mixed[key_len] = '\0';
	ok(!device_key_parse(mixed), "a key alone is refused");
	for (size_t n = 0; n < sizeof(known_pem) - 2; n += 5) {
		char *cut = strndup(known_pem, n);
		struct device_key *key = device_key_parse(cut);

		taken += key != NULL;
		device_key_destroy(key);
		free(cut);
	}
	is_int(taken, 0, "a file cut anywhere is refused");
	free(mixed);
	free(pem_b);
	device_key_destroy(b);
}

static void test_random(void)
{
	unsigned char a[32] = { 0 }, b[32] = { 0 };

	random_bytes(a, sizeof(a));
	random_bytes(b, sizeof(b));
	ok(memcmp(a, b, sizeof(a)) != 0, "random bytes are random");
}

int main(void)
{
	test_known();
	test_generate();
	test_refused();
	test_random();
	return tap_done();
}
