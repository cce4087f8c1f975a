/* doctor-ranks.c - what hllm doctor looks at on all ranks together: launcher, processors, libraries, speed,
 * messages. */
#include "base/digest.h"
#include "base/process.h"
#include "app/bench/bench-measure.h"
#include "app/config/build.h"
#include "app/bench/doctor.h"
#include "app/train/threads.h"
#include "io/files/place.h"
#include "math/kernels.h"
#include "math/linear.h"
#include "mpi/comm/launch.h"
#include <math.h>
#include <string.h>

/* ---- launcher */

void hl_doctor_launch(hl_doctor *d)
{
    hl_place p;
    char sentence[300];
    const hl_launcher by = hl_launch_by(hl_launch_environment);
    hl_place_find(&p, d->world);
    hl_finding *f =
        hl_doctor_say(d, HL_FINE, NULL, "%d rank%s on %d machine%s, %s%s%s", p.ranks, p.ranks == 1 ? "" : "s", p.nodes,
                      p.nodes == 1 ? "" : "s", by == HL_BY_NOBODY ? "without a launcher" : "started by ",
                      by == HL_BY_NOBODY ? "" : hl_launcher_name[by], d->has_mpi ? "" : "; MPI is not started");
    hl_finding_figure(f, "ranks", p.ranks);
    hl_finding_figure(f, "machines", p.nodes);
    if (hl_launch_leaves_room(sentence, sizeof sentence, hl_launch_environment, d->world->size))
        hl_doctor_say(d, HL_DOUBTFUL, "start it with srun", "%s", sentence);
}

/* ---- processors */

typedef struct {
    char what[200], remedy[200], host[65];
} trouble;

/* That of the first rank that has one, on every rank; how many have one. */
static int64_t find_trouble(trouble *t, const hl_group *world, const hl_binding *s)
{
    const char *remedy, *what = hl_binding_trouble(s, hl_launch_by(hl_launch_environment), &remedy);
    hl_process me;
    hl_process_find(&me);
    if (what) snprintf(t->what, sizeof t->what, "%s", what), snprintf(t->remedy, sizeof t->remedy, "%s", remedy);
    memcpy(t->host, me.host, sizeof t->host);
    int64_t ranks = what != NULL;
    const int first = -(int)hl_group_max(world, what ? -world->rank : -world->size);
    hl_group_all_reduce_int(world, &ranks, 1);
    if (first < world->size) hl_group_broadcast(world, t, sizeof *t, first);
    return ranks;
}

void hl_doctor_cores(hl_doctor *d)
{
    hl_binding s;
    trouble t = {"", "", ""};
    hl_binding_find(&s, d->world, d->config ? d->config->threads : 0);
    const int least = -(int)hl_group_max(d->world, -s.bound), most = (int)hl_group_max(d->world, s.bound);
    const bool is_reasonable = hl_group_agree(d->world, hl_threads_check(s.wanted, s.online)) == HL_OK;
    char bound[40];
    if (least == most) snprintf(bound, sizeof bound, "%d", most);
    else snprintf(bound, sizeof bound, "%d to %d", least, most);
    hl_math_threads(is_reasonable ? s.threads : 1);
    hl_finding *f =
        hl_doctor_say(d, HL_FINE, NULL, "each rank may use %s of %d processors and computes with %d thread%s", bound,
                      s.online, s.threads, s.threads == 1 ? "" : "s");
    hl_finding_figure(f, "bound", least);
    hl_finding_figure(f, "threads", s.threads);
    if (isfinite(s.cpus)) hl_finding_figure(f, "cpu_quota", s.cpus);
    if (!is_reasonable)
        hl_doctor_say(d, HL_FAILS, "set threads or OMP_NUM_THREADS to the processors of a rank", "%s", hl_error_text());
    const int64_t ranks = find_trouble(&t, d->world, &s);
    if (ranks && is_reasonable)
        hl_doctor_say(d, HL_DOUBTFUL, t.remedy, "%s (%lld of %d ranks, the first on %s)", t.what, (long long)ranks,
                      d->world->size, t.host);
}

/* ---- libraries */

/* Machines of one job may have other libraries by the same name. */
static bool is_same_everywhere(const hl_group *world, const char *text)
{
    const double mine = (double)(hl_digest(text, strlen(text)) >> 12); /* 52 bits are exact */
    return hl_group_max(world, mine) == -hl_group_max(world, -mine);
}

void hl_doctor_libraries(hl_doctor *d)
{
    char text[600], all[800];
    hl_build_libraries(text, sizeof text);
    snprintf(all, sizeof all, "%s %s %s", hl_build_version(), hl_build_commit(), text);
    const bool is_same = is_same_everywhere(d->world, all);
    hl_doctor_say(d, HL_FINE, NULL, "%s", text);
    if (!is_same)
        hl_doctor_say(d, HL_DOUBTFUL,
                      "install the same program and libraries everywhere, or choose machines of one kind",
                      "not all ranks have this version of the program, these libraries and these kernels");
}

/* ---- speed */

/* What a core of the last ten years does at the least, in FLOP/s of products. */
static const double SLOW_CORE = 8e9;

static void judge_gemm(hl_doctor *d, const hl_gemm *g)
{
    const bool is_slow_kernel = g->blas < 0.5 * g->own;
    if (is_slow_kernel)
        hl_doctor_say(d, HL_DOUBTFUL,
                      "unset OPENBLAS_CORETYPE, or install an OpenBLAS that knows this processor (libopenblas0-openmp)",
                      "BLAS (%s) multiplies at %.3g GFLOP/s where this program's own kernels do %.3g: its kernel is "
                      "for another processor",
                      hl_math_library(), g->blas / 1e9, g->own / 1e9);
    else if (!hl_has_vectors() && fmax(g->blas, g->own) < SLOW_CORE)
        hl_doctor_say(d, HL_NOTED, "unset HLLM_KERNELS where it is set; use newer processors for large models",
                      "products are slow: they are made without AVX2");
}

void hl_doctor_speed(hl_doctor *d)
{
    const hl_meter m = {.ranks = d->world, .quick = true};
    const hl_gemm g = hl_meter_gemm(&m);
    const hl_stream s = hl_meter_stream(&m);
    hl_finding *f = hl_doctor_say(d, HL_FINE, NULL,
                                  "products %.3g GFLOP/s a rank (BLAS %.3g, our kernels %.3g), memory %.3g GB/s a "
                                  "rank, all ranks at once, the slowest",
                                  fmax(g.blas, g.own) / 1e9, g.blas / 1e9, g.own / 1e9, hl_stream_best(&s) / 1e9);
    hl_finding_figure(f, "gemm_blas_gflops", g.blas / 1e9);
    hl_finding_figure(f, "gemm_own_gflops", g.own / 1e9);
    hl_finding_figure(f, "stream_gbs", hl_stream_best(&s) / 1e9);
    judge_gemm(d, &g);
}

void hl_doctor_wire(hl_doctor *d)
{
    const double late = 200e-6, narrow = 50e6; /* seconds, bytes a second: worse is not a network but a trouble */
    if (d->world->size == 1) return;
    const hl_wire w = hl_meter_wire(&(hl_meter){.ranks = d->world, .quick = true});
    hl_finding *f = hl_doctor_say(d, HL_FINE, NULL, "a sum over all ranks takes %.3g us and then %.3g GB/s",
                                  w.latency * 1e6, w.bandwidth / 1e9);
    hl_finding_figure(f, "latency_s", w.latency);
    hl_finding_figure(f, "bandwidth_gbs", w.bandwidth / 1e9);
    if (w.latency > late || w.bandwidth < narrow)
        hl_doctor_say(d, HL_DOUBTFUL,
                      "see that no processor has two ranks (else OMPI_MCA_mpi_yield_when_idle=1), and which network "
                      "MPI takes (OMPI_MCA_btl, OMPI_MCA_pml)",
                      "messages between ranks are slow: %.3g us, %.3g GB/s", w.latency * 1e6, w.bandwidth / 1e9);
}
