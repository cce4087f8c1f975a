#!/bin/sh
# make.sh - a machine for hllm rehearse: FILE.xml for SimGrid (its DTD 4.1), and FILE.hosts with the node of each rank.
#
# usage: make.sh KIND NODES RANKS_PER_NODE GB_PER_SECOND MICROSECONDS FILE
#   KIND             flat: every node on one switch that never blocks
#                    fat-tree: leaf switches of up to 16 nodes, and as many spine switches: full bisection
#                    dragonfly: groups of routers with up to 4 nodes each; one link between two groups
#   GB_PER_SECOND    of a link, each way; a message between two nodes takes as much of every link on its way
#   MICROSECONDS     of a message between two nodes of one switch; each further link adds half of it
# Ranks of one node talk through a link of its own with the same figures.
set -eu
usage() { sed -n '4,10s/^# \{0,1\}//p' "$0" >&2; exit 2; }
[ $# -eq 6 ] || usage
kind=$1 nodes=$2 ranks=$3 bandwidth=$4 latency=$5 file=${6%.xml}

# The shape in SimGrid's words: attributes of a <cluster>.
topology() {
    awk -v kind="$kind" -v n="$nodes" '
        function largest(n, most, d) { for (d = most < n ? most : n; n % d; d--) ; return d }
        function smallest_above(n, least, d) { for (d = 1; d < least || n % d; d++) ; return d }
        BEGIN {
            if (kind == "flat") exit
            if (kind == "fat-tree") {
                leaf = largest(n, 16)
                printf " topology=\"FAT_TREE\" topo_parameters=\"2;%d,%d;1,%d;1,1\"", leaf, n / leaf, leaf
            } else if (kind == "dragonfly") {
                each = largest(n, 4)
                routers = n / each
                group = smallest_above(routers, sqrt(routers))
                chassis = largest(group, int(sqrt(group)))
                printf " topology=\"DRAGONFLY\" topo_parameters=\"%d,1;%d,1;%d,1;%d\"", routers / group, chassis, group / chassis, each
            } else exit 1
        }'
}
shape=$(topology) || usage
half=$(awk -v x="$latency" 'BEGIN { if (!(x >= 0)) exit 1; printf "%.9g", x / 2 }') || usage
awk -v n="$nodes" -v r="$ranks" -v b="$bandwidth" 'BEGIN { exit !(n >= 1 && n == int(n) && r >= 1 && r == int(r) && b > 0) }' || usage

cat >"$file.xml" <<XML
<?xml version='1.0'?>
<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">
<!-- make.sh $kind $nodes $ranks $bandwidth $latency -->
<platform version="4.1">
  <cluster id="machine" prefix="node-" suffix="" radical="0-$((nodes - 1))" speed="1Gf"
           bw="${bandwidth}GBps" lat="${half}us" loopback_bw="${bandwidth}GBps" loopback_lat="${latency}us"
           sharing_policy="SPLITDUPLEX"$shape/>
</platform>
XML
awk -v n="$nodes" -v r="$ranks" 'BEGIN { for (i = 0; i < n; i++) for (k = 0; k < r; k++) print "node-" i }' >"$file.hosts"
