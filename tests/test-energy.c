/* test-energy.c - counters of energy are added, go round, and are missed with a reason. */
#include "base/energy.h"
#include "base/path.h"
#include "tests/check.h"
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[PATH_MAX];

static void write_file(const char *zone, const char *name, const char *text)
{
    char path[PATH_MAX];
    hl_path(path, "%s/%s", root, zone);
    mkdir(path, 0777);
    hl_path(path, "%s/%s/%s", root, zone, name);
    FILE *f = fopen(path, "w");
    CHECK(f != NULL);
    fputs(text, f);
    fclose(f);
}

static void make_zone(const char *zone, const char *name, const char *energy)
{
    write_file(zone, "name", name);
    write_file(zone, "max_energy_range_uj", "10000000\n");
    write_file(zone, "energy_uj", energy);
}

/* Two packages and the memory of one; cores are in their package, and psys holds all of them once more. */
static void make_machine(const char *name)
{
    hl_path(root, "%s/%s", check_folder(), name);
    mkdir(root, 0777);
    make_zone("intel-rapl:0", "package-0\n", "1000000\n");
    make_zone("intel-rapl:0:0", "core\n", "500000\n");
    make_zone("intel-rapl:0:1", "dram\n", "100000\n");
    make_zone("intel-rapl:1", "package-1\n", "9000000\n");
    make_zone("intel-rapl:2", "psys\n", "3000000\n");
    make_zone("intel-rapl-mmio:0", "package-0\n", "1000000\n");
}

static void packages_and_their_memory_are_added(void)
{
    hl_energy e;
    make_machine("sum");
    hl_energy_open(&e, root);
    CHECK(hl_energy_is_known(&e) && e.zones == 3);
    CHECK_NEAR(hl_energy_joules(&e), 0, 0);
    write_file("intel-rapl:0", "energy_uj", "3000000\n");
    write_file("intel-rapl:0:0", "energy_uj", "1500000\n");
    write_file("intel-rapl:0:1", "energy_uj", "350000\n");
    write_file("intel-rapl:2", "energy_uj", "9000000\n");
    CHECK_NEAR(hl_energy_joules(&e), 2.25, 1e-9);
    CHECK_NEAR(hl_energy_joules(&e), 0, 0);
}

static void a_counter_goes_round(void)
{
    hl_energy e;
    make_machine("round");
    hl_energy_open(&e, root);
    write_file("intel-rapl:1", "energy_uj", "500000\n");
    CHECK_NEAR(hl_energy_joules(&e), 1.5, 1e-9); /* from 9 to 10, and from 0 to 0.5 */
}

static void what_cannot_be_read_has_a_reason(void)
{
    hl_energy e;
    char path[PATH_MAX];
    hl_path(path, "%s/nothing", check_folder());
    hl_energy_open(&e, path);
    CHECK(!hl_energy_is_known(&e) && strstr(e.reason, "this machine shows no counters") != NULL);
    CHECK_NEAR(hl_energy_joules(&e), 0, 0);
    mkdir(path, 0777);
    hl_energy_open(&e, path);
    CHECK(!hl_energy_is_known(&e) && strstr(e.reason, "has no intel-rapl counter of a package") != NULL);
    make_machine("lost");
    hl_energy_open(&e, root);
    hl_path(path, "%s/intel-rapl:1/energy_uj", root);
    unlink(path);
    CHECK_NEAR(hl_energy_joules(&e), 0, 0);
    CHECK(!hl_energy_is_known(&e) && strstr(e.reason, "intel-rapl:1/energy_uj cannot be read: No such file") != NULL);
}

static const test tests[] = {
    {"packages and their memory are added", packages_and_their_memory_are_added},
    {"a counter goes round", a_counter_goes_round},
    {"what cannot be read has a reason", what_cannot_be_read_has_a_reason},
};
HL_TESTS("energy", tests)
