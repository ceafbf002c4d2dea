import type { CProgram } from '../c-program.ts';
import { cType } from '../c-type.ts';
import { isBuffer } from '../run-parameters.ts';
import { hasSelfTest } from '../self-test/with-self-test.ts';
import { bufferArguments } from './buffer-arguments.ts';
import { packageFacts } from './package-facts.ts';
import { compiledFiles, placeSources } from './place-sources.ts';

/**
 * A CMake package: `add_subdirectory` or `find_package(<name>)` give the target `<name>::<name>`. CMake 3.13 is what Debian 10
 * has, and enough.
 */
export function cmakeFiles(program: CProgram): CProgram['files'] {
  return new Map([
    ['CMakeLists.txt', listsText(program)],
    [`cmake/${program.name}-config.cmake`, configText(program)],
    ...(testsItself(program) ? [['test/main.c', testMain(program)] as const] : []),
    ...placeSources(program, { headers: 'include', sources: 'src' }),
  ]);
}

function listsText(program: CProgram): string {
  const { name } = program;
  const sources = compiledFiles(program).map((file) => `  src/${file}`);
  const assembler = sources.some((file) => file.endsWith('.S'));
  return `cmake_minimum_required(VERSION 3.13)
project(${name} VERSION ${packageFacts(program).version} LANGUAGES C${assembler ? ' ASM' : ''})
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

add_library(${name} STATIC
${sources.join('\n')}
)
add_library(${name}::${name} ALIAS ${name})
target_compile_features(${name} PUBLIC c_std_99)
target_include_directories(${name}
  PUBLIC
    $<BUILD_INTERFACE:\${CMAKE_CURRENT_SOURCE_DIR}/include>
    $<INSTALL_INTERFACE:\${CMAKE_INSTALL_INCLUDEDIR}>
  PRIVATE
    \${CMAKE_CURRENT_SOURCE_DIR}/src
)
if(UNIX AND NOT CMAKE_CROSSCOMPILING)
  target_link_libraries(${name} PUBLIC m)
endif()
if(CMAKE_C_COMPILER_ID MATCHES "GNU|Clang")
  # kernels without optimisation take several times as long and more stack
  target_compile_options(${name} PRIVATE $<$<OR:$<CONFIG:>,$<CONFIG:Debug>>:-O2>${program.noUnaligned ? ' -mno-unaligned-access' : ''})
endif()

install(TARGETS ${name} EXPORT ${name}-targets ARCHIVE DESTINATION \${CMAKE_INSTALL_LIBDIR})
install(FILES ${headers(program)} DESTINATION \${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT ${name}-targets NAMESPACE ${name}:: DESTINATION \${CMAKE_INSTALL_LIBDIR}/cmake/${name})
write_basic_package_version_file(\${CMAKE_CURRENT_BINARY_DIR}/${name}-config-version.cmake COMPATIBILITY SameMajorVersion)
install(FILES cmake/${name}-config.cmake \${CMAKE_CURRENT_BINARY_DIR}/${name}-config-version.cmake
  DESTINATION \${CMAKE_INSTALL_LIBDIR}/cmake/${name})
${testsItself(program) ? testTarget(name) : ''}`;
}

function headers({ files }: CProgram): string {
  const names = [...files.keys()].filter((file) => file.endsWith('.h'));
  return names.map((file) => `include/${file}`).join(' ');
}

/** A program for the self-test has to have the weights. */
function testsItself(program: CProgram): boolean {
  return hasSelfTest(program) && program.form !== 'external';
}

/** `ctest` runs the self-test where the package is built by itself, for the machine that builds it. */
function testTarget(name: string): string {
  return `
if(CMAKE_SOURCE_DIR STREQUAL CMAKE_CURRENT_SOURCE_DIR AND NOT CMAKE_CROSSCOMPILING)
  enable_testing()
  add_executable(${name}_selftest test/main.c)
  target_link_libraries(${name}_selftest PRIVATE ${name})
  add_test(NAME ${name}_selftest COMMAND ${name}_selftest)
endif()
`;
}

function testMain(program: CProgram): string {
  const { name, inputs, outputs } = program;
  const upper = name.toUpperCase();
  const buffers = (kind: string, tensors: CProgram['inputs']): string[] =>
    tensors
      .filter(isBuffer)
      .map(({ dtype, elements }, i) => `static ${cType(dtype)} ${kind}${i}[${elements}];`);
  return `#include "${name}.h"
#include "${name}_selftest.h"

static unsigned char arena[${upper}_ARENA_SIZE] __attribute__((aligned(${upper}_ARENA_ALIGN)));
${[...buffers('in', inputs), ...buffers('out', outputs)].join('\n')}

int main(void)
{
  return ${name}_selftest(${bufferArguments(program, ['arena']).join(', ')}) == 0 ? 0 : 1;
}
`;
}

function configText({ name }: CProgram): string {
  return `include("\${CMAKE_CURRENT_LIST_DIR}/${name}-targets.cmake")\n`;
}
