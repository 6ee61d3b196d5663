/* machine.c - reading what the system says of itself; what it does not say stays unknown. */
#include "bench/machine.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CPUS "/sys/devices/system/cpu/"

/* The first line of a file, without its end; false where there is none. */
static bool read_line(const char *path, char *line, size_t size)
{
    line[0] = '\0';
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return false;
    }
    bool read = fgets(line, (int)size, file) != NULL;
    fclose(file);
    line[strcspn(line, "\n")] = '\0';
    return read;
}

static void read_model(char *model, size_t size)
{
    FILE *file = fopen("/proc/cpuinfo", "re");
    char line[512];
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) == 0 && colon != NULL) {
            snprintf(model, size, "%s", colon + 1 + strspn(colon + 1, " "));
            model[strcspn(model, "\n")] = '\0';
            break;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
}

/* How many distinct numbers one topology file of the processors holds. */
static int distinct(const tgr_team *team, const char *name)
{
    int values[1024], count = 0;
    for (size_t i = 0; i < team->processor_count && count < 1024; i++) {
        char path[128], line[32];
        snprintf(path, sizeof path, CPUS "cpu%d/topology/%s", team->processors[i], name);
        if (!read_line(path, line, sizeof line)) {
            return 0;
        }
        int value = atoi(line), known = 0;
        while (known < count && values[known] != value) {
            known++;
        }
        if (known == count) {
            values[count++] = value;
        }
    }
    return count;
}

/* Processors in a list such as 0-3,8. */
static int listed(const char *list)
{
    int count = 0;
    while (isdigit((unsigned char)*list)) {
        char *end;
        long first = strtol(list, &end, 10), last = first;
        if (*end == '-') {
            last = strtol(end + 1, &end, 10);
        }
        count += (int)(last - first + 1);
        list = *end == ',' ? end + 1 : end;
    }
    return count;
}

static void read_topology(tgr_machine *machine, const tgr_team *team)
{
    char line[256], path[128];
    machine->allowed = (int)team->processor_count;
    machine->online = (int)sysconf(_SC_NPROCESSORS_ONLN);
    machine->sockets = distinct(team, "physical_package_id");
    int leads = 0; /* processors that come first of their core, among those allowed */
    for (size_t i = 0; i < team->processor_count; i++) {
        snprintf(path, sizeof path, CPUS "cpu%d/topology/thread_siblings_list",
                 team->processors[i]);
        if (read_line(path, line, sizeof line)) {
            machine->threads_per_core = listed(line);
            leads += atoi(line) == team->processors[i];
        }
    }
    machine->cores = leads;
    if (read_line("/sys/devices/system/node/online", line, sizeof line)) {
        machine->numa_nodes = listed(line);
    }
    snprintf(path, sizeof path, CPUS "cpu%d/cpufreq/scaling_governor", team->processors[0]);
    read_line(path, machine->governor, sizeof machine->governor);
}

static void read_caches(tgr_machine *machine, int processor)
{
    for (int i = 0; i < 8; i++) {
        char path[128], type[32], level[32], size[32];
        snprintf(path, sizeof path, CPUS "cpu%d/cache/index%d/type", processor, i);
        if (!read_line(path, type, sizeof type) || strcmp(type, "Instruction") == 0) {
            continue;
        }
        snprintf(path, sizeof path, CPUS "cpu%d/cache/index%d/level", processor, i);
        read_line(path, level, sizeof level);
        snprintf(path, sizeof path, CPUS "cpu%d/cache/index%d/size", processor, i);
        read_line(path, size, sizeof size);
        char *unit;
        uint64_t bytes = strtoull(size, &unit, 10);
        bytes <<= *unit == 'M' ? 20 : *unit == 'K' ? 10 : 0;
        if (level[0] >= '1' && level[0] <= '3') {
            machine->cache[level[0] - '1'] = bytes;
        }
    }
}

/* A number in a control group's file; 0 where there is no limit. */
static uint64_t read_limit(const char *path)
{
    char line[64];
    if (!read_line(path, line, sizeof line) || !isdigit((unsigned char)line[0])) {
        return 0;
    }
    uint64_t limit = strtoull(line, NULL, 10);
    return limit < UINT64_C(1) << 62 ? limit : 0; /* version 1 says so where there is none */
}

/* The limits of the group that the process is in; of the whole hierarchy as it sees it otherwise.
 */
static void read_group(tgr_machine *machine, const char *controller, const char *group)
{
    char path[512], line[64];
    bool second = controller[0] == '\0';
    const char *mount = second ? "" : strstr(controller, "memory") != NULL ? "/memory" : "/cpu";
    snprintf(path, sizeof path, "/sys/fs/cgroup%s%s/%s", mount, group,
             second ? "memory.max" : "memory.limit_in_bytes");
    if (second || strcmp(mount, "/memory") == 0) {
        uint64_t limit = read_limit(path);
        machine->memory_limit = limit > 0 ? limit : machine->memory_limit;
    }
    if (second) {
        snprintf(path, sizeof path, "/sys/fs/cgroup%s/cpu.max", group);
        double quota, period;
        if (read_line(path, line, sizeof line) && sscanf(line, "%lf %lf", &quota, &period) == 2) {
            machine->processor_limit = quota / period;
        }
    } else if (strcmp(mount, "/cpu") == 0) {
        snprintf(path, sizeof path, "/sys/fs/cgroup/cpu%s/cpu.cfs_quota_us", group);
        double quota = (double)read_limit(path);
        snprintf(path, sizeof path, "/sys/fs/cgroup/cpu%s/cpu.cfs_period_us", group);
        double period = (double)read_limit(path);
        if (quota > 0 && period > 0) {
            machine->processor_limit = quota / period;
        }
    }
}

static void read_groups(tgr_machine *machine)
{
    FILE *file = fopen("/proc/self/cgroup", "re");
    char line[512];
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        char *controller = strchr(line, ':');
        char *group = controller != NULL ? strchr(controller + 1, ':') : NULL;
        if (group == NULL || strlen(group) > 256) {
            continue;
        }
        *group++ = '\0';
        controller++;
        bool ours = controller[0] == '\0' || strcmp(controller, "memory") == 0 ||
                    strcmp(controller, "cpu") == 0 || strcmp(controller, "cpu,cpuacct") == 0;
        if (ours) {
            read_group(machine, controller, strcmp(group, "/") == 0 ? "" : group);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
}

static void read_huge_pages(char *word, size_t size)
{
    char line[64];
    if (read_line("/sys/kernel/mm/transparent_hugepage/enabled", line, sizeof line)) {
        const char *begin = strchr(line, '[');
        if (begin != NULL) {
            snprintf(word, size, "%.*s", (int)strcspn(begin + 1, "]"), begin + 1);
        }
    }
}

void tgr_machine_describe(tgr_machine *machine, const tgr_team *team)
{
    *machine = (tgr_machine){0};
    read_model(machine->cpu, sizeof machine->cpu);
    read_topology(machine, team);
    read_caches(machine, team->processors[0]);
    read_groups(machine);
    read_huge_pages(machine->huge_pages, sizeof machine->huge_pages);
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    machine->memory = pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : 0;
}
