// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0

// With the names of all its plugins GStreamer fills GLib's table of quarks, which then moves to a
// larger place and abandons the first, made before main(): readers take no lock. GLib is built
// without frame pointers, so all that the leak sanitizer sees of it is g_malloc. Our own objects
// stand elsewhere; references to GStreamer's are counted by the tests that make them. x265 forgets
// some small tables of each encoder.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
    return "leak:g_malloc\nleak:libx265.so\n";
}
