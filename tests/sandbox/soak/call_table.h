// Which arguments a system call takes, so that random ones come near to being valid.
//
// One letter an argument:
//   f  descriptor            d  directory descriptor or AT_FDCWD    p  path                 i  two ints (pipe,
//   socketpair) b  memory                n  length                              o  offset               a  mapped
//   address v  iovecs                c  their count                         k  sockaddr             l  its length
//   (value) L  pointer to a length   m  message header                      t  timespec or timeval  T  itimerspec or
//   itimerval x  flags                 h  memory protection                   w  a futex word         P  process id s
//   signal                u  user or group id                    S  signal set           z  size of a signal set e
//   small number          r  anything                            0  zero                 O  open flags, M  mode
#ifndef TESTS_SANDBOX_SOAK_CALL_TABLE_H_
#define TESTS_SANDBOX_SOAK_CALL_TABLE_H_

namespace soak {

struct Call {
  int number;
  const char* arguments;
};

// Leaves out what only ends or parks the caller; those come from random numbers, now and then.
inline constexpr Call kCalls[] = {
    {0, "fbn"},     {1, "fbn"},      {2, "pOM"},      {3, "f"},        {4, "pb"},       {5, "fb"},
    {6, "pb"},      {7, "bee"},      {8, "foe"},      {9, "anhxfo"},   {10, "anh"},     {11, "an"},
    {12, "a"},      {13, "sbbz"},    {14, "eSbz"},    {16, "frb"},     {17, "fbno"},    {18, "fbno"},
    {19, "fvc"},    {20, "fvc"},     {21, "pe"},      {22, "i"},       {23, "ebbbt"},   {24, ""},
    {25, "annxa"},  {26, "anx"},     {27, "anb"},     {28, "ane"},     {29, "ene"},     {30, "eax"},
    {31, "eeb"},    {32, "f"},       {33, "ff"},      {35, "tb"},      {36, "eT"},      {37, "e"},
    {38, "eTT"},    {39, ""},        {40, "ffbn"},    {41, "eee"},     {42, "fkl"},     {43, "fkL"},
    {44, "fbnxkl"}, {45, "fbnxkL"},  {46, "fmx"},     {47, "fmx"},     {48, "fe"},      {49, "fkl"},
    {50, "fe"},     {51, "fkL"},     {52, "fkL"},     {53, "eeei"},    {54, "feebl"},   {55, "feebL"},
    {56, "xa0bb"},  {57, ""},        {58, ""},        {59, "pbb"},     {61, "Pbxb"},    {62, "Ps"},
    {63, "b"},      {64, "eex"},     {65, "ebe"},     {66, "eeer"},    {67, "a"},       {68, "ex"},
    {69, "ebnx"},   {70, "ebnex"},   {71, "eeb"},     {72, "fer"},     {73, "fx"},      {74, "f"},
    {75, "f"},      {76, "po"},      {77, "fo"},      {78, "fbn"},     {79, "bn"},      {80, "p"},
    {81, "f"},      {82, "pp"},      {83, "pM"},      {84, "p"},       {85, "pM"},      {86, "pp"},
    {87, "p"},      {88, "pp"},      {89, "pbn"},     {90, "pM"},      {91, "fM"},      {92, "puu"},
    {93, "fuu"},    {94, "puu"},     {95, "M"},       {96, "bb"},      {97, "eb"},      {98, "eb"},
    {99, "b"},      {100, "b"},      {101, "ePab"},   {102, ""},       {109, "PP"},     {111, ""},
    {112, ""},      {115, "eb"},     {121, "P"},      {124, "P"},      {125, "bb"},     {126, "bb"},
    {127, "bz"},    {128, "SbTz"},   {129, "Psb"},    {131, "bb"},     {132, "pb"},     {133, "pMe"},
    {135, "r"},     {137, "pb"},     {138, "fb"},     {140, "eP"},     {141, "ePe"},    {142, "Pb"},
    {143, "Pb"},    {144, "Peb"},    {145, "P"},      {148, "Pb"},     {149, "an"},     {150, "an"},
    {151, "x"},     {155, "pp"},     {157, "errrr"},  {158, "er"},     {160, "eb"},     {161, "p"},
    {162, ""},      {165, "ppbxb"},  {166, "px"},     {186, ""},       {187, "fon"},    {188, "ppbnx"},
    {189, "ppbnx"}, {190, "fpbnx"},  {191, "ppbn"},   {192, "ppbn"},   {193, "fpbn"},   {194, "pbn"},
    {195, "pbn"},   {196, "fbn"},    {197, "pp"},     {198, "pp"},     {199, "fp"},     {200, "Ps"},
    {201, "b"},     {202, "wxetwe"}, {203, "Pnb"},    {204, "Pnb"},    {213, "e"},      {217, "fbn"},
    {218, "b"},     {220, "ebet"},   {221, "fone"},   {222, "ebb"},    {223, "exTT"},   {224, "eT"},
    {225, "e"},     {226, "e"},      {228, "eb"},     {229, "eb"},     {230, "ext"},    {232, "fbee"},
    {233, "fefb"},  {234, "PPs"},    {235, "pb"},     {240, "pOMb"},   {241, "p"},      {242, "fbnet"},
    {243, "fbnbt"}, {244, "fb"},     {245, "fbb"},    {247, "ePbxb"},  {251, "ePe"},    {252, "eP"},
    {253, ""},      {254, "fpx"},    {255, "fe"},     {257, "dpOM"},   {258, "dpM"},    {259, "dpMe"},
    {260, "dpuux"}, {261, "dpb"},    {262, "dpbx"},   {263, "dpx"},    {264, "dpdp"},   {265, "dpdpx"},
    {266, "pdp"},   {267, "dpbn"},   {268, "dpM"},    {269, "dpe"},    {270, "ebbbtb"}, {271, "betSz"},
    {272, "x"},     {273, "bn"},     {274, "Pbb"},    {275, "fbfbnx"}, {276, "ffnx"},   {277, "fonx"},
    {278, "fvcx"},  {280, "dpbx"},   {281, "fbeeSz"}, {282, "fSz"},    {283, "ex"},     {284, "e"},
    {285, "fxon"},  {286, "fxTT"},   {287, "fT"},     {288, "fkLx"},   {289, "fSzx"},   {290, "ex"},
    {291, "x"},     {292, "ffx"},    {293, "ix"},     {294, "x"},      {295, "fvco"},   {296, "fvco"},
    {297, "PPsb"},  {299, "fmcxt"},  {302, "Pebb"},   {303, "dpbbx"},  {306, "f"},      {307, "fmcx"},
    {309, "bb"},    {310, "Pvcvc0"}, {311, "Pvcvc0"}, {312, "PPeee"},  {314, "Pb0"},    {315, "Pbe0"},
    {316, "dpdpx"}, {317, "exb"},    {318, "bnx"},    {319, "px"},     {322, "dpbbx"},  {324, "exe"},
    {325, "anx"},   {326, "fbfbnx"}, {327, "fvcoox"}, {328, "fvcoox"}, {332, "dpxxb"},  {334, "bnxr"},
    {424, "fsbx"},  {434, "Px"},     {435, "bn"},     {436, "ffx"},    {437, "dpbn"},   {438, "ffx"},
    {439, "dpex"},  {441, "fbetSz"}, {449, "bexte"},  {452, "dpMx"},
};

}  // namespace soak
#endif  // TESTS_SANDBOX_SOAK_CALL_TABLE_H_
