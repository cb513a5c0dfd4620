package dev.leeway.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * What a study's report was made on. Models and results don't depend on threads; they do on the kind of device and on the type of numbers.
 *
 * @param options of the study
 * @param device its own name: instruction set or GPU, and threads
 */
record StudyEnvironment(StudyOptions options, String device) {

    private static final Path PROCESSORS = Path.of("/proc/cpuinfo");

    SequencedMap<String, String> facts() {
        var facts = new LinkedHashMap<String, String>();
        facts.put("leeway", new Main.Version().getVersion()[0]);
        facts.put("Java", System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"));
        facts.put("system", System.getProperty("os.name") + " " + System.getProperty("os.version") + ", " + System.getProperty("os.arch"));
        facts.put("processor", processor().map(name -> name + ", ").orElse("") + Runtime.getRuntime().availableProcessors()
            + " for this process");
        facts.put("device", options.device.device + ": " + device);
        facts.put("kernels", options.device.kernels);
        facts.put("numbers in exams", options.dtype.dtype);
        options.base.ifPresent(base -> facts.put("base model", base + options.plan().basis().model()
            .map(hash -> ", hash " + hash).orElse("")));
        return facts;
    }

    /** As Linux names it; elsewhere the system property stands for it. */
    private static Optional<String> processor() {
        if (!Files.isReadable(PROCESSORS)) {
            return Optional.empty();
        }
        try (var lines = Files.lines(PROCESSORS)) {
            return lines.filter(line -> line.startsWith("model name")).findFirst()
                .map(line -> line.substring(line.indexOf(':') + 1).strip());
        } catch (IOException unreadable) {
            return Optional.empty(); // it is told for people, and the rest says as much as is needed
        }
    }
}
