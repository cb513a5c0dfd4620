package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.train.StopRequest;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import sun.misc.Signal;

final class InterruptionTest {

    private final StopRequest study = new StopRequest();
    private final StopRequest training = new StopRequest();
    private final StringWriter terminal = new StringWriter();
    private final StringWriter log = new StringWriter();

    /** The training may be in its last step and end as if nothing had been asked: the study knows all the same. */
    @Test
    void aStudyHearsWhatItsTrainingIsAsked() throws InterruptedException {
        try (var _ = Interruption.listen(study, new PrintWriter(terminal, true))) {
            try (var _ = Interruption.listen(training, new PrintWriter(log, true))) {
                Signal.raise(new Signal("INT"));
                await(study);
                assertTrue(training.isRequested());
            }
            assertTrue(study.isRequested(), "also behind the training");
        }
        for (var said : new StringWriter[] {terminal, log}) {
            assertEquals("stopping: this step is finished and saved; once more quits at once", said.toString().strip());
        }
    }

    @Test
    void whatIsAskedBehindATrainingIsTheStudysAlone() throws InterruptedException {
        try (var _ = Interruption.listen(study, new PrintWriter(terminal, true))) {
            Interruption.listen(training, new PrintWriter(log, true)).close();
            Signal.raise(new Signal("TERM"));
            await(study);
        }
        assertFalse(training.isRequested());
        assertEquals("", log.toString());
    }

    /** Signals are heard in a thread of their own. */
    private void await(StopRequest stop) throws InterruptedException {
        for (int i = 0; i < 3000 && !(stop.isRequested() && terminal.toString().contains("at once")); i++) {
            TimeUnit.MILLISECONDS.sleep(10);
        }
        assertTrue(stop.isRequested());
    }
}
