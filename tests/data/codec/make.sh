#!/bin/bash
# SPDX-FileCopyrightText: The Rivero authors
# SPDX-License-Identifier: Apache-2.0
#
# Makes the files beside it, with GStreamer 1.22 (good, bad, ugly).
#   X.frames  what the encoder gave, each frame behind its length (32 bits, big-endian)
#   X.rtp     the same frames from GStreamer's payloader, MTU 212 (payloads of at most 200 bytes), each
#             RTP packet behind its length (RFC 4571). None for AV1: Debian 12 has no payloader.
set -e
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

source="videotestsrc pattern=smpte horizontal-speed=3 num-buffers=12 ! video/x-raw,format=I420,width=64,height=48,framerate=15/1"

pack() {  # FILES... > records
    python3 -c '
import sys
for name in sys.argv[1:]:
    data = open(name, "rb").read()
    sys.stdout.buffer.write(len(data).to_bytes(4, "big") + data)' "$@"
}
frames() {  # NAME ENCODER...
    name=$1; shift
    gst-launch-1.0 -q $source ! "$@" ! multifilesink next-file=buffer location="$work/$name.%03d"
    pack "$work/$name".??? > "$name.frames"
}
rtp() {  # NAME PAYLOADER, ENCODER...
    name=$1; payloader=$2; shift 2
    gst-launch-1.0 -q $source ! "$@" ! $payloader mtu=212 timestamp-offset=0 seqnum-offset=65530 ssrc=1 \
        ! rtpstreampay ! filesink location="$name.rtp"
}

vp8="vp8enc deadline=1 keyframe-max-dist=6 target-bitrate=100000"
vp9="vp9enc deadline=1 cpu-used=5 lag-in-frames=0 keyframe-max-dist=6 target-bitrate=100000"
h264="x264enc tune=zerolatency key-int-max=6 bitrate=100 option-string=scenecut=0 aud=false ! video/x-h264,stream-format=byte-stream,alignment=au,profile=constrained-baseline"
h265="x265enc tune=zerolatency key-int-max=6 bitrate=100 option-string=info=0:scenecut=0 ! h265parse config-interval=-1 ! video/x-h265,stream-format=byte-stream,alignment=au"
av1="av1enc usage-profile=realtime cpu-used=8 lag-in-frames=0 keyframe-max-dist=6 target-bitrate=100 ! av1parse ! video/x-av1,stream-format=obu-stream,alignment=tu"

frames vp8 $vp8;   rtp vp8 rtpvp8pay $vp8
frames vp9 $vp9;   rtp vp9 rtpvp9pay $vp9
frames h264 $h264; rtp h264 "rtph264pay aggregate-mode=zero-latency config-interval=0" $h264
frames h265 $h265; rtp h265 "rtph265pay aggregate-mode=zero-latency config-interval=0" $h265
frames av1 $av1
