#include "run/progress.hpp"

#include <gtest/gtest.h>

namespace raad::run {
namespace {

TEST(Progress, SaysWhatIsDoneHowFastAndHowLong) {
  EXPECT_EQ(progress_text({12345, 3, 1000000, 2210.4, 446.9}),
            "12,345 of 1,000,000 subjects (1 %), 2,210/s, 7 min 27 s left, 3 failed");
  EXPECT_EQ(progress_text({0, 0, 10, 0.0, 0.0}), "0 of 10 subjects (0 %)");
  EXPECT_EQ(progress_text({7, 0, 10, 0.25, 12.0}), "7 of 10 subjects (70 %), 0.25/s, 12 s left");
  // Never 100 % before the end.
  EXPECT_EQ(progress_text({999999, 0, 1000000, 10.0, 0.1}),
            "999,999 of 1,000,000 subjects (99 %), 10/s, 1 s left");
}

TEST(Progress, WritesDurationsAsPeopleDo) {
  EXPECT_EQ(duration_text(0.0), "0 s");
  EXPECT_EQ(duration_text(59.2), "1 min 0 s");
  EXPECT_EQ(duration_text(3599.0), "59 min 59 s");
  EXPECT_EQ(duration_text(3.2 * 3600), "3 h 12 min");
  EXPECT_EQ(duration_text(100.0 * 3600), "4 d 4 h");
}

TEST(Progress, IsQuietWhenNobodyWatches) {
  testing::internal::CaptureStderr();  // Not a terminal.
  {
    ProgressLine line(true);
    EXPECT_FALSE(line.is_shown());
    line.show(PopulationProgress{1, 0, 2, 1.0, 1.0});
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace raad::run
