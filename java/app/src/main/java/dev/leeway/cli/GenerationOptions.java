package dev.leeway.cli;

import dev.leeway.io.AdapterDirectory;
import dev.leeway.model.ModelDirectory;
import dev.leeway.rollout.InferenceSession;
import java.util.function.Consumer;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;

/** The options of a command that generates one text at a time, declared once, and the session that they ask for. */
final class GenerationOptions {

    @ArgGroup(validate = false, heading = "%nSampling:%n")
    final SamplingOptions sampling = new SamplingOptions();

    @Mixin
    private final DtypeOptions dtype = new DtypeOptions();

    @ArgGroup(validate = false, heading = "%nDevice:%n")
    private final DeviceOptions device = new DeviceOptions();

    void check(Problems problems) {
        sampling.check(problems);
        dtype.check(problems);
        device.check(problems);
    }

    /** Opens and loads a model, with its adapter if there is one, for a sequence of up to {@code length} tokens, while it is used. */
    void withSession(AdapterSource source, ModelDirectory directory, int length, CommandSpec spec, Consumer<InferenceSession> use) {
        var type = dtype.of(directory);
        try (var opened = device.open()) {
            ModelOptions.withAdapter(source, adapter -> {
                DtypeOptions.note(type, opened).ifPresent(note ->
                    spec.commandLine().getErr().println("leeway " + spec.name() + ": " + note));
                try (var session = InferenceSession.open(directory.config(), adapter.map(AdapterDirectory::config),
                    InferenceSession.Size.generating(length, 1), type, opened)) {
                    directory.loadInto(session.model());
                    adapter.ifPresent(loaded -> ModelDirectory.loadAdapter(session.model(), loaded));
                    use.accept(session);
                }
            });
        }
    }
}
