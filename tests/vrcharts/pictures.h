#ifndef TESTS_VRCHARTS_PICTURES_H_
#define TESTS_VRCHARTS_PICTURES_H_

#include <string>

#include "tests/openxr/virtual_screen.h"

namespace tests::vrcharts {

// The part of a screen that a window covers: everything else on a virtual screen is black.
openxr::Picture Lit(const openxr::Picture& screen);

// Mean difference of two pictures' bytes, 0..255; 255 if they differ in size or are empty.
double Difference(const openxr::Picture& a, const openxr::Picture& b);

// How much detail there is: the share of pixels that differ visibly from their right neighbour. Text and candles have
// much of it, empty space has none.
double Detail(const openxr::Picture& picture);

// Writes NAME.png into the folder that VRCHARTS_PICTURES_OUT names, if it does: that is how tools/pictures makes those
// of the READMEs.
void Keep(const openxr::Picture& picture, const std::string& name);

}  // namespace tests::vrcharts

#endif  // TESTS_VRCHARTS_PICTURES_H_
