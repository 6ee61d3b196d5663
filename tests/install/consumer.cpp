// consumer.cpp - the public headers are C++ too.
#include <tagroute/tagroute.h>

int main()
{
    tgr_route_options options;
    tgr_route_options_init(&options);
    return options.size == sizeof options ? 0 : 1;
}
