/* A name service module with one user. */
#include <errno.h>
#include <nss.h>
#include <pwd.h>
#include <string.h>

static __attribute__((noipa)) int is_known(const char *name) { return !strcmp(name, "funkqa-test"); }

enum nss_status _nss_funkqatest_getpwnam_r(const char *name, struct passwd *user, char *buffer, size_t size, int *error)
{
	if (!is_known(name) || size < 64) {
		*error = ENOENT;
		return NSS_STATUS_NOTFOUND;
	}
	strcpy(buffer, "funkqa-test");
	*user = (struct passwd){buffer, buffer, 4321, 4321, buffer, buffer, buffer};
	return NSS_STATUS_SUCCESS;
}

enum nss_status _nss_funkqatest_getpwuid_r(uid_t unused, struct passwd *user, char *buffer, size_t size, int *error)
{
	(void)unused, (void)user, (void)buffer, (void)size;
	*error = ENOENT;
	return NSS_STATUS_NOTFOUND;
}
