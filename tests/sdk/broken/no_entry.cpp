// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// A shared library like any other: nothing in it says that it is a module.
extern "C" __attribute__((visibility("default"))) int answer() {
    return 42;
}
