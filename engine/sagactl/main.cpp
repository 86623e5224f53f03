#include <iostream>

#include "sagactl/program.hpp"

int main(int argc, char** argv) {
  return sagad::ctl::run(argc, argv, std::cin, std::cout, std::cerr);
}
