package dev.leeway.architecture;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The arrows between modules and packages, checked on the class files of the whole application. */
final class ArchitectureTest {

    private static final String ROOT = "dev.leeway";

    private static final JavaClasses CLASSES = new ClassFileImporter()
        .withImportOption(new ImportOption.DoNotIncludeTests())
        .importPackages(ROOT);

    /**
     * Every package and its direct arrows. A package may use what its arrows reach, over any number of steps, and the root package.
     * {@code libraries} are the packages outside the JDK that it may use.
     */
    private enum Part {
        // engine: nothing here reaches a part of lab or app
        FFI(List.of()),
        TENSOR(List.of(), FFI),
        OBJECTIVE(List.of()),
        IO(List.of("tools.jackson..", "com.fasterxml.jackson.annotation..")),
        MODEL(IO.libraries, TENSOR, IO, OBJECTIVE),
        ROLLOUT(List.of(), MODEL),
        TRAIN(IO.libraries, OBJECTIVE, ROLLOUT, MODEL, IO),
        // lab: an arrow to TRAIN reaches the whole engine
        TEXT(List.of("ai.djl..", "tools.jackson..", "com.fasterxml.jackson.annotation..")),
        STATS(List.of("org.hipparchus..")),
        JUDGE(IO.libraries, IO),
        SANDBOX(List.of()),
        REPORT(IO.libraries, STATS),
        DATA(IO.libraries, TEXT, TRAIN),
        EVAL(List.of("tools.jackson..", "com.fasterxml.jackson.annotation..", "org.snakeyaml.engine.v2.."),
            JUDGE, SANDBOX, DATA, TEXT, STATS, TRAIN),
        REWARD(IO.libraries, JUDGE, SANDBOX, DATA, TEXT, STATS, TRAIN),
        STUDY(IO.libraries, EVAL, REWARD, DATA, STATS, REPORT),
        // app
        SERVE(IO.libraries, STUDY),
        CLI(List.of("picocli..", "tools.jackson..", "com.fasterxml.jackson.annotation..", "org.slf4j..", "ch.qos.logback..",
            "sun.misc..", "com.sun.management.."), SERVE);

        private final List<String> libraries;
        private final List<Part> arrows;

        Part(List<String> libraries, Part... arrows) {
            this.libraries = libraries;
            this.arrows = List.of(arrows);
        }

        String classesOf() {
            return ROOT + "." + name().toLowerCase(java.util.Locale.ROOT) + "..";
        }

        /** This part and all that its arrows reach. */
        Stream<Part> reach() {
            return Stream.concat(Stream.of(this), arrows.stream().flatMap(Part::reach)).distinct();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aPackageUsesOnlyWhatItsArrowsReach(Part part) {
        var allowed = new TreeSet<>(Set.of(ROOT, "java..", "javax..", "jdk.net..", "com.sun.net.httpserver..", ""));
        part.reach().map(Part::classesOf).forEach(allowed::add);
        allowed.addAll(part.libraries);
        check(classes().that().resideInAPackage(part.classesOf())
            .should().onlyDependOnClassesThat(resideInAnyPackage(allowed.toArray(String[]::new))));
    }

    @Test
    void everyClassBelongsToAPackageThatHasArrows() {
        var known = Stream.concat(Stream.of(ROOT), Stream.of(Part.values()).map(Part::classesOf)).toArray(String[]::new);
        check(classes().should().resideInAnyPackage(known));
    }

    @Test
    void theRootPackageUsesNothingOfLeeway() {
        check(classes().that().resideInAPackage(ROOT)
            .should().onlyDependOnClassesThat(resideInAPackage(ROOT).or(resideOutsideOfPackages(ROOT + ".."))));
    }

    @Test
    void onlyFfiTouchesTheLinker() {
        check(noClasses().that().resideOutsideOfPackage(Part.FFI.classesOf())
            .should().dependOnClassesThat().haveFullyQualifiedName("java.lang.foreign.Linker")
            .orShould().dependOnClassesThat().haveFullyQualifiedName("java.lang.foreign.SymbolLookup"));
    }

    @Test
    void onlyTheAppPrintsOrExits() {
        check(noClasses().that().resideOutsideOfPackages(Part.CLI.classesOf(), Part.SERVE.classesOf())
            .should().accessField(System.class, "out")
            .orShould().accessField(System.class, "err")
            .orShould().callMethod(Throwable.class, "printStackTrace")
            .orShould().callMethod(System.class, "exit", int.class)
            .orShould().callMethod(Runtime.class, "exit", int.class)
            .orShould().callMethod(Runtime.class, "halt", int.class));
    }

    @Test
    void noStaticFieldIsMutable() {
        check(fields().that().areStatic().should().beFinal());
    }

    /** Guards the rules above against an empty import: each main source file has its class among those that were checked. */
    @Test
    void everySourceFileWasChecked() throws IOException {
        var sources = new TreeSet<String>();
        for (var module : List.of("engine", "lab", "app")) {
            sources.addAll(sourceClasses(Path.of("..", module, "src", "main", "java")));
        }
        assertFalse(sources.isEmpty(), "no source file found: this test must run in the folder of the app module");
        sources.removeIf(CLASSES::contain);
        assertEquals(Set.of(), sources, "sources whose class files were not imported");
    }

    private static Set<String> sourceClasses(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return Set.of();
        }
        try (var files = Files.walk(folder)) {
            return files.map(file -> folder.relativize(file).toString())
                .filter(name -> name.endsWith(".java") && !name.endsWith("-info.java"))
                .map(name -> name.substring(0, name.length() - ".java".length()).replace(java.io.File.separatorChar, '.'))
                .collect(Collectors.toSet());
        }
    }

    private static void check(ArchRule rule) {
        rule.allowEmptyShould(true).check(CLASSES);
    }
}
