package dev.leeway.reward;

import dev.leeway.ffi.DType;
import dev.leeway.tensor.Device;
import java.util.function.Supplier;

/**
 * What rewards need to know of the run that asks them.
 *
 * @param maxCompletionLength tokens that a completion has at most
 * @param maxLength tokens that a reward model's text may have
 * @param lanes completions that a reward model scores at once
 * @param dtype what a reward model's weights are held in
 * @param device where it computes
 * @param judge opens the reward of a judge; called where a reward is named {@code judge}
 */
public record RewardRoom(int maxCompletionLength, int maxLength, int lanes, DType dtype, Device device,
        Supplier<Reward> judge) {
}
