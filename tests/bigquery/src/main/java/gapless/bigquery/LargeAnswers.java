package gapless.bigquery;

import com.google.zetasql.ClientChannelProvider;
import com.google.zetasql.JniChannelProvider;
import com.google.zetasql.io.grpc.CallOptions;
import com.google.zetasql.io.grpc.Channel;
import com.google.zetasql.io.grpc.ClientCall;
import com.google.zetasql.io.grpc.ClientInterceptor;
import com.google.zetasql.io.grpc.ClientInterceptors;
import com.google.zetasql.io.grpc.MethodDescriptor;

/**
 * Lets results be larger than 4 MiB, the default limit of this side of the evaluator's channel. The limit for what it is
 * sent is in native code and stays. The evaluator finds this class by its entry in META-INF/services.
 */
public final class LargeAnswers implements ClientChannelProvider, ClientInterceptor {
  private static final int LARGEST = 256 << 20;

  @Override
  public Channel newChannel() {
    return ClientInterceptors.intercept(new JniChannelProvider().newChannel(), this);
  }

  @Override
  public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
    return next.newCall(method, options.withMaxInboundMessageSize(LARGEST));
  }
}
