import type { CProgram } from '../c-program.ts';
import type { PackageFiles } from './package-files.ts';
import { compiledFiles, placeSources } from './place-sources.ts';

/**
 * A CMake package: `add_subdirectory` or `find_package(<name>)` give the target `<name>::<name>`. CMake 3.13 is what Debian 10
 * has, and enough.
 */
export function cmakeFiles(program: CProgram): PackageFiles {
  return new Map([
    ['CMakeLists.txt', listsText(program)],
    [`cmake/${program.name}-config.cmake`, configText(program)],
    ...placeSources(program, { headers: 'include', sources: 'src' }),
  ]);
}

function listsText(program: CProgram): string {
  const { name } = program;
  const sources = compiledFiles(program).map((file) => `  src/${file}`);
  const assembler = sources.some((file) => file.endsWith('.S'));
  return `cmake_minimum_required(VERSION 3.13)
project(${name} LANGUAGES C${assembler ? ' ASM' : ''})
include(GNUInstallDirs)

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
if(CMAKE_C_COMPILER_ID MATCHES "GNU|Clang" AND NOT CMAKE_BUILD_TYPE)
  target_compile_options(${name} PRIVATE -O2)
endif()

install(TARGETS ${name} EXPORT ${name}-targets ARCHIVE DESTINATION \${CMAKE_INSTALL_LIBDIR})
install(FILES include/${name}.h DESTINATION \${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT ${name}-targets NAMESPACE ${name}:: DESTINATION \${CMAKE_INSTALL_LIBDIR}/cmake/${name})
install(FILES cmake/${name}-config.cmake DESTINATION \${CMAKE_INSTALL_LIBDIR}/cmake/${name})
`;
}

function configText({ name }: CProgram): string {
  return `include("\${CMAKE_CURRENT_LIST_DIR}/${name}-targets.cmake")\n`;
}
