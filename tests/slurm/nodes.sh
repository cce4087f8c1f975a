#!/bin/bash
# nodes.sh - a real Slurm of four nodes on this machine, each with its own network address, host name, /dev/shm and /tmp.
#
# usage: nodes.sh up DIR | start DIR N | kill DIR N | down DIR          (root; packages slurm-wlm munge iproute2)
#   up      make the nodes hn1..hn4, start everything; then  export SLURM_CONF=DIR/slurm.conf  and  srun --mpi=pmix -K -N4 ...
#   kill    node N dies: its slurmd, steps and ranks        start   it comes back
#   down    stop all by their process ids, remove networks, host names and mounts
# Partitions: main (preemptible, GRACE seconds, 20), urgent (preempts).  DIR must be a path that everyone may enter.
# Shared between nodes: everything but /tmp, /dev/shm and /proc/sys/kernel/hostname.
set -e
verb=$1 D=$(mkdir -p "$2" && cd "$2" && pwd) n=$3 H=$(hostname -s)
alive() { [ -f "$1" ] && kill -0 "$(cat "$1")" 2>/dev/null; }
start() {
    alive "$D/slurmd.hn$1.pid" && return
    nsenter --net=/run/netns/nhl$1 unshare --mount --uts sh -c "hostname hn$1; for d in /dev/shm /tmp; do mount -t tmpfs -o size=2g tmpfs \$d; chmod 1777 \$d; done
        SLURM_CONF=$D/slurm.conf exec slurmd -f $D/slurm.conf -N hn$1"
}
stop() { # all processes in the network of node N, which only it has
    local pids; pids=$(ip netns pids nhl$1 2>/dev/null) || true
    [ -z "$pids" ] || kill -9 $pids 2>/dev/null || true
    rm -f "$D/slurmd.hn$1.pid"
}
case $verb in
up)
    mkdir -p "$D"/m "$D"/state "$D"/tmp.hn{1..4} "$D"/spool.hn{1..4}
    chmod 755 "$D"; chmod 1777 "$D"/tmp.hn*
    if [ ! -f "$D/m/key" ]; then head -c1024 /dev/urandom >"$D/m/key"; chmod 400 "$D/m/key"; chown -R munge:munge "$D/m"; chmod 711 "$D/m"; fi
    alive "$D/m/pid" || runuser -u munge -- munged --key-file="$D/m/key" --socket="$D/m/sock" --pid-file="$D/m/pid" --log-file="$D/m/log" --seed-file="$D/m/seed"
    ip link show brhl0 >/dev/null 2>&1 || { ip link add brhl0 type bridge; ip addr add 10.98.8.1/24 dev brhl0; ip link set brhl0 up; }
    for i in 1 2 3 4; do
        [ -e /run/netns/nhl$i ] || { ip netns add nhl$i; ip link add vhl$i type veth peer name eth0 netns nhl$i; ip link set vhl$i master brhl0 up
            ip -n nhl$i addr add 10.98.8.1$i/24 dev eth0; ip -n nhl$i link set eth0 up; ip -n nhl$i link set lo up; }
        grep -q "^10.98.8.1$i " /etc/hosts || echo "10.98.8.1$i hn$i # hllm-nodes" >>/etc/hosts
    done
    cat >"$D/slurm.conf" <<CONF
ClusterName=four
SlurmctldHost=$H(10.98.8.1)
SlurmctldPort=26937
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$D/m/sock
CredType=cred/munge
StateSaveLocation=$D/state
SlurmdSpoolDir=$D/spool.%n
TmpFS=$D/tmp.%n
SlurmctldPidFile=$D/ctld.pid
SlurmdPidFile=$D/slurmd.%n.pid
SlurmctldLogFile=$D/ctld.log
SlurmdLogFile=$D/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$D/jobcomp.log
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=2,sched_interval=2
MpiDefault=none
ReturnToService=2
SlurmdParameters=config_overrides
JobRequeue=1
KillWait=5
SlurmdTimeout=${SLURMDTIMEOUT:-60}
InactiveLimit=0
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
NodeName=DEFAULT CPUs=2 Boards=1 SocketsPerBoard=1 CoresPerSocket=2 ThreadsPerCore=1 RealMemory=5000 State=UNKNOWN
$(for i in 1 2 3 4; do echo "NodeName=hn$i NodeHostname=hn$i NodeAddr=10.98.8.1$i Port=2713$i"; done)
PartitionName=main Nodes=ALL Default=YES State=UP MaxTime=INFINITE PriorityTier=1 PreemptMode=REQUEUE GraceTime=${GRACE:-20} OverSubscribe=NO
PartitionName=urgent Nodes=ALL State=UP MaxTime=INFINITE PriorityTier=10 PreemptMode=OFF
CONF
    alive "$D/ctld.pid" || SLURM_CONF=$D/slurm.conf slurmctld -f "$D/slurm.conf" -c
    for i in 1 2 3 4; do start $i; done
    ;;
start) start "$n" ;;
kill) stop "$n" ;;
down)
    for i in 1 2 3 4; do stop $i; ip netns del nhl$i 2>/dev/null || true; done
    for f in "$D/ctld.pid" "$D/m/pid"; do ! alive "$f" || kill "$(cat "$f")"; done
    ip link del brhl0 2>/dev/null || true
    sed -i '/# hllm-nodes$/d' /etc/hosts 2>/dev/null || { grep -v '# hllm-nodes$' /etc/hosts >"$D/hosts" && cat "$D/hosts" >/etc/hosts; }
    rm -rf "$D"/tmp.hn* "$D"/spool.hn* "$D/state"
    ;;
*) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
