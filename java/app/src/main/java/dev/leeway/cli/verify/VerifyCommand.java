package dev.leeway.cli.verify;

import dev.leeway.LeewayException;
import dev.leeway.cli.DeviceOptions;
import dev.leeway.cli.DtypeOptions;
import dev.leeway.ffi.DType;
import dev.leeway.tensor.Device;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code leeway verify PATH…}: does this build compute what other software computed? */
@Command(name = "verify", mixinStandardHelpOptions = true, description = {
    "Checks this build against reference cases made by other software.",
    "Walks the folders, recognises each case by its contents, and prints one line a case with the error that comes closest to its gate. "
        + "Exit code 1 if a case failed, was not checked, or none was found."})
public final class VerifyCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Parameters(arity = "1..*", paramLabel = "PATH", description = "Folders or files with cases.")
    private List<Path> paths;

    @Option(names = "--allow-unchecked", description = "Cases of a kind that this build does not check are no failure.")
    private boolean allowUnchecked;

    @Option(names = "--dtype", paramLabel = "TYPE", description = "float32, or bfloat16 for the cases that record how far transformers' "
        + "own bfloat16 run is off: loss, log-probs, logits and gradients may be off twice as far (default: float32)")
    private String dtype = "float32";

    @ArgGroup(validate = false, heading = "%nDevice:%n")
    private final DeviceOptions device = new DeviceOptions();

    private int passed;
    private int failed;
    private int notChecked;

    @Override
    public Integer call() {
        device.requireValid();
        boolean isBfloat16 = DtypeOptions.named(dtype) == DType.BF16;
        var cases = new ArrayList<Case>();
        paths.stream().flatMap(path -> CaseFinder.find(path).stream()).map(one -> isBfloat16 ? one.inBfloat16() : one).forEach(cases::add);
        var out = spec.commandLine().getOut();
        try (var opened = device.open()) {
            for (var one : cases) {
                report(one, opened, out);
            }
        }
        out.printf("%d passed, %d failed, %d not checked%n", passed, failed, notChecked);
        out.flush();
        return failed > 0 || passed == 0 || (notChecked > 0 && !allowUnchecked) ? 1 : 0;
    }

    private void report(Case one, Device opened, PrintWriter out) {
        if (one instanceof Case.NotChecked unknown) {
            notChecked++;
            out.printf("not checked  %s: %s%n", unknown.path(), unknown.reason());
        } else {
            out.println(run(one, opened));
        }
        out.flush();
    }

    private String run(Case one, Device opened) {
        List<Check> checks;
        try {
            checks = one.run(opened);
        } catch (RuntimeException e) { // whatever a case makes this build do, the others are still checked
            failed++;
            return "FAILED       %s (%s): %s".formatted(one.path(), one.kind(), e instanceof LeewayException ? e.getMessage()
                : e.toString());
        }
        var closest = Check.closest(checks).map(Check::toString).orElse("none: the case is empty") + one.details(checks);
        long wrong = checks.stream().filter(check -> !check.passes()).count();
        if (!checks.isEmpty() && wrong == 0) {
            passed++;
            return "passed       %s (%s): %d checks, closest %s".formatted(one.path(), one.kind(), checks.size(), closest);
        }
        failed++;
        return "FAILED       %s (%s): %d of %d checks, worst %s".formatted(one.path(), one.kind(), wrong, checks.size(), closest);
    }
}
