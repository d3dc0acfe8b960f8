// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/base/bytes.hpp"

#include <gtest/gtest.h>

#include <array>

namespace rivero {
namespace {

TEST(ByteReader, ReadsBigEndianAndStopsAtTheEnd) {
    const ByteVector bytes{0x01, 0x02, 0x03, 0x04, 0x05};
    ByteReader reader{bytes};
    EXPECT_EQ(reader.u16(), 0x0102);
    EXPECT_EQ(reader.u24(), 0x030405u);
    EXPECT_TRUE(reader.ok());
    EXPECT_EQ(reader.u8(), 0);
    EXPECT_FALSE(reader.ok());
}

TEST(ByteWriter, WritesNothingPastTheEnd) {
    std::array<std::uint8_t, 4> buffer{};
    ByteWriter writer{buffer};
    writer.u16(0xabcd);
    writer.u24(1);
    EXPECT_FALSE(writer.ok());
    EXPECT_EQ(writer.size(), 2u);
    EXPECT_EQ(buffer[2], 0);
}

}  // namespace
}  // namespace rivero
