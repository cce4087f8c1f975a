/* sbom.c - what this program is made of, in the words of SPDX 2.3 (https://spdx.github.io/spdx-spec/v2.3/). */
#include "app/study/sbom.h"
#include "base/digest.h"
#include "base/process.h"
#include "math/bf16.h"
#include "math/linear.h"
#include "app/config/build.h"
#include "io/files/h5.h"
#include "io/files/place.h"
#include <gnu/libc-version.h>
#include <nettle/version.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

enum { ROOM = 200 };

/* ---- what libraries say: "Open MPI v4.1.4" */

static void mpi(char text[ROOM]) { hl_place_name_mpi(text, ROOM); }

static void hdf5(char text[ROOM]) { snprintf(text, ROOM, "%s", hl_h5_library()); }

static void blas(char text[ROOM]) { snprintf(text, ROOM, "%s", hl_math_library()); }

static void dnnl(char text[ROOM]) { snprintf(text, ROOM, "%s", hl_bf16_library()); }

static void scalapack(char text[ROOM]) { snprintf(text, ROOM, "ScaLAPACK"); }

static void jansson(char text[ROOM]) { snprintf(text, ROOM, "Jansson %s", jansson_version_str()); }

static void yaml(char text[ROOM]) { snprintf(text, ROOM, "libyaml %s", yaml_get_version_string()); }

static void xxhash(char text[ROOM])
{
    const unsigned v = hl_digest_library();
    snprintf(text, ROOM, "xxHash %u.%u.%u", v / 10000, v / 100 % 100, v % 100);
}

static void nettle(char text[ROOM])
{
    snprintf(text, ROOM, "Nettle %d.%d", nettle_version_major(), nettle_version_minor());
}

static void libc(char text[ROOM]) { snprintf(text, ROOM, "glibc %s", gnu_get_libc_version()); }

static void compiler(char text[ROOM]) { snprintf(text, ROOM, "%s", hl_build_compiler()); }

static const struct {
    const char *id;
    void (*say)(char text[ROOM]); /* "": it is not there */
    const char *relation;         /* of the program, to it */
} parts[] = {
    {"mpi", mpi, "DEPENDS_ON"},
    {"hdf5", hdf5, "DEPENDS_ON"},
    {"blas", blas, "DEPENDS_ON"},
    {"onednn", dnnl, "DEPENDS_ON"},
    {"scalapack", scalapack, "DEPENDS_ON"},
    {"jansson", jansson, "DEPENDS_ON"},
    {"libyaml", yaml, "DEPENDS_ON"},
    {"xxhash", xxhash, "DEPENDS_ON"},
    {"nettle", nettle, "DEPENDS_ON"},
    {"libc", libc, "DEPENDS_ON"},
    {"compiler", compiler, "BUILD_TOOL_OF"},
};

/* ---- the document */

static json_t *package(const char *id, const char *name, const char *version, const char *license)
{
    char whole[60];
    snprintf(whole, sizeof whole, "SPDXRef-%s", id);
    json_t *o = json_pack("{ss ss ss sb ss ss ss}", "SPDXID", whole, "name", name, "downloadLocation", "NOASSERTION",
                          "filesAnalyzed", 0, "licenseConcluded", license, "licenseDeclared", license, "copyrightText",
                          "NOASSERTION");
    HL_CHECK(o != NULL);
    if (*version) json_object_set_new(o, "versionInfo", json_string(version));
    return o;
}

/* "Open MPI v4.1.4": the first digit that follows a blank, or a v, begins the version. */
static json_t *package_of(const char *id, char *text)
{
    char *at = strpbrk(text, "0123456789");
    while (at && at > text && at[-1] != ' ' && at[-1] != 'v') at = strpbrk(at + 1, "0123456789");
    if (!at || at == text) return package(id, text, "", "NOASSERTION");
    char *end = at;
    while (end[-1] == ' ' || (end[-1] == 'v' && end - 1 > text && end[-2] == ' ')) end--;
    char name[ROOM];
    snprintf(name, sizeof name, "%.*s", (int)(end - text), text);
    return package(id, name, at, "NOASSERTION");
}

static json_t *relation(const char *from, const char *kind, const char *to)
{
    json_t *o = json_pack("{ss ss ss}", "spdxElementId", from, "relationshipType", kind, "relatedSpdxElement", to);
    HL_CHECK(o != NULL);
    return o;
}

static void add_parts(json_t *packages, json_t *relations)
{
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        char text[ROOM] = "", id[60];
        const bool is_tool = strcmp(parts[i].relation, "BUILD_TOOL_OF") == 0;
        parts[i].say(text);
        if (!*text) continue;
        snprintf(id, sizeof id, "SPDXRef-%s", parts[i].id);
        json_array_append_new(packages, package_of(parts[i].id, text));
        json_array_append_new(
            relations, relation(is_tool ? id : "SPDXRef-hllm", parts[i].relation, is_tool ? "SPDXRef-hllm" : id));
    }
}

json_t *hl_sbom(const char *unique)
{
    char space[300], tool[100], version[200];
    hl_process now;
    json_t *packages = json_array(), *relations = json_array();
    hl_process_find(&now);
    snprintf(version, sizeof version, "%s (commit %s)", hl_build_version(), hl_build_commit());
    snprintf(space, sizeof space, "https://spdx.org/spdxdocs/hllm-%s-%s", hl_build_version(), unique);
    snprintf(tool, sizeof tool, "Tool: hllm-%s", hl_build_version());
    json_array_append_new(packages, package("hllm", "hllm", version, "Apache-2.0"));
    json_array_append_new(relations, relation("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-hllm"));
    add_parts(packages, relations);
    json_t *o = json_pack("{ss ss ss ss ss s{ss s[s]} so so}", "spdxVersion", "SPDX-2.3", "dataLicense", "CC0-1.0",
                          "SPDXID", "SPDXRef-DOCUMENT", "name", "hllm and the libraries that it works with",
                          "documentNamespace", space, "creationInfo", "created", now.since, "creators", tool,
                          "packages", packages, "relationships", relations);
    HL_CHECK(o != NULL);
    return o;
}
